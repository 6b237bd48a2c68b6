import { Client } from '@zhifuyun/sdk';

const client = Client.fromEnv();
for await (const conversation of client.conversations.iter({ status: 'active' })) {
  console.log(conversation.id, conversation.createdAt);
}
const ticket = await client.tickets.create({ title: '产品咨询', description: '想知道团队版怎么收费', priority: 'high' });
await client.tickets.update(ticket.id, { status: 'resolved', comment: '已电话答复' });
console.log('resolved', ticket.id);
await client.close();
