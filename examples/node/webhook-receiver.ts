// Receives webhooks with Express. Needs ZHIFUYUN_WEBHOOK_SECRET; listens on PORT (3000).
import type { AddressInfo } from 'node:net';
import { Webhooks } from '@zhifuyun/sdk/webhooks';
import { express as webhook } from '@zhifuyun/sdk/webhooks/express';
import express from 'express';

const hooks = Webhooks.fromEnv()
  .on('ticket.created', async ({ data }) => {
    console.log(`new ticket ${data.ticketId}: ${data.title} (${data.priority})`);
  })
  .on('conversation.closed', ({ data, timestamp }) => {
    console.log(`conversation ${data.conversationId} closed at ${timestamp?.toISOString()}`);
  })
  // Types that this version does not know, too: without an answer they would be sent again.
  .fallback(({ type, id }) => console.log(`${type} ${id}: nothing to do`));

const app = express();
// Before express.json(): the signature covers the bytes as they arrived.
app.post('/zhifuyun', webhook(hooks));
app.use(express.json());

const server = app.listen(Number(process.env['PORT'] ?? 3000), () => {
  console.log(`listening on http://localhost:${(server.address() as AddressInfo).port}/zhifuyun`);
});
process.once('SIGTERM', () => server.close());
