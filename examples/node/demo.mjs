// What `make demo` runs: the main job against a mock server that is made to fail. Lines that begin with `@` are for
// `.ci/demo.py`, which answers each with a line.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { buffer } from 'node:stream/consumers';
import { Client } from '@zhifuyun/sdk';
import { Webhooks } from '@zhifuyun/sdk/webhooks';

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const ask = async (line) => {
  console.log(line);
  await answers.next();
};

const client = Client.fromEnv();
await client.authenticate();
console.log('token obtained');

const conversation = await client.conversations.create({
  userId: 'user_123',
  channel: 'web',
  initialMessage: '你好，今天有人值班吗',
});
console.log(`conversation ${conversation.id} created`);

const server = createServer().listen(0, '127.0.0.1');
await once(server, 'listening');
const received = once(server, 'request').then(async ([request, response]) => {
  const body = await buffer(request);
  response.end();
  return { headers: request.headers, body };
});
await ask(`@webhook http://127.0.0.1:${server.address().port}/`);

const conversations = client.conversations.iter();
let items = 0;
let found = false;
for await (const item of conversations) {
  items += 1;
  found ||= item.id === conversation.id;
  if (items % 2_500 === 0) console.log(`${items} conversations`);
  if (items === 5_000) await ask('@expire');
}
console.log(`${items} conversations in ${conversations.report.requests} requests, the new one among them: ${found}`);

const created = await client.tickets.create({
  title: '产品咨询',
  description: '想知道团队版怎么收费',
  priority: 'medium',
});
const ticket = await client.tickets.update(created.id, { status: 'resolved', comment: '已电话答复' });
console.log(`ticket ${ticket.id} is ${ticket.status}`);

const statistics = await client.statistics.get({ type: 'ticket', groupBy: 'month' });
for (const month of statistics.trends) console.log(`${month.date}: ${month.tickets} tickets`);

const { headers, body } = await received;
const event = await new Webhooks({ secrets: [process.env.ZHIFUYUN_WEBHOOK_SECRET] }).verify(headers, body);
const verified = event.data.ticketId === ticket.id;
console.log(`webhook ${event.type} verified: ${verified}`);
console.log(`@done ${JSON.stringify({ items, verified: verified && found })}`);

await client.close();
server.close();
process.stdin.destroy();
