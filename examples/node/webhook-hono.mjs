// Receives webhooks with Hono, on Node.js or at the edge. Needs ZHIFUYUN_WEBHOOK_SECRET.
import { Webhooks } from '@zhifuyun/sdk/webhooks';
import { fetch as webhook } from '@zhifuyun/sdk/webhooks/fetch';
import { Hono } from 'hono';

const hooks = Webhooks.fromEnv().on('ticket.created', ({ data }) => console.log('new ticket', data.ticketId));

export const app = new Hono();
app.post('/zhifuyun', webhook(hooks));
// export default app;
