// Receives webhooks with Fastify. Needs ZHIFUYUN_WEBHOOK_SECRET.
import { Webhooks } from '@zhifuyun/sdk/webhooks';
import { fastify as webhook } from '@zhifuyun/sdk/webhooks/fastify';
import Fastify from 'fastify';

const hooks = Webhooks.fromEnv().on('ticket.created', ({ data }) => console.log('new ticket', data.ticketId));

export const app = Fastify();
webhook(app, '/zhifuyun', hooks); // Other routes keep their parsers.
// await app.listen({ port: 3000 });
