// The first five minutes: list, create, read, update, and what can go wrong.
// Needs ZHIFUYUN_CLIENT_ID and ZHIFUYUN_CLIENT_SECRET.
import { ApiError, Client, NotFoundError } from '@zhifuyun/sdk';

await using client = Client.fromEnv({ timeoutMs: 20_000 });

const page = await client.conversations.list({ status: 'active', limit: 5 });
console.log(`${page.total} active conversations, the first ${page.items.length}:`);
for (const { id, channel, createdAt } of page) console.log(`  ${id}  ${channel}  ${createdAt?.toISOString()}`);

const conversation = await client.conversations.create({
  userId: 'user_123',
  channel: 'web',
  initialMessage: '你好，今天有人值班吗',
});
console.log(`began ${conversation.id}`);

const ticket = await client.tickets.create({
  title: '产品咨询',
  description: '想知道团队版怎么收费',
  priority: 'medium',
  customerEmail: 'customer@example.com',
});
const { data, meta } = await client.tickets
  .update(ticket.id, { status: 'resolved', comment: '已电话答复' }, { timeoutMs: 5_000 })
  .withMeta();
console.log(`${data.id} is ${data.status} (request ${meta.requestId})`);

try {
  await client.conversations.get('no_such_conversation');
} catch (error) {
  if (error instanceof NotFoundError) console.log(`not there: ${error.detail}`);
  else if (error instanceof ApiError && error.maybeApplied) console.log('look before you repeat it');
  else throw error;
}
