// The Node.js snippets of the documentation. Each anchor is shown as it stands; the tests run all of them:
// `snippets.mjs CA_FILE NAME_OF_AN_ERROR...`

import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import * as sdk from '@zhifuyun/sdk';
import { Client, NotFoundError, RateLimitError, ZhifuyunError } from '@zhifuyun/sdk';
import { MockServer } from '@zhifuyun/sdk/testing';
import { Webhooks, WebhookVerificationError } from '@zhifuyun/sdk/webhooks';

import { app as fastify } from './webhook-fastify.mjs';
import { app as hono } from './webhook-hono.mjs';

const [caFile, ...names] = process.argv.slice(2);
const { ZHIFUYUN_CLIENT_ID: clientId, ZHIFUYUN_CLIENT_SECRET: clientSecret, ZHIFUYUN_BASE_URL: baseUrl } = process.env;

{
  // ANCHOR: client
  const client = new Client({
    clientId,
    clientSecret,
    baseUrl, // Default: https://api.zhifuyun.com
    timeoutMs: 20_000, // For a whole call.
  }); // Checks the options. Nothing is sent.

  await client.authenticate(); // Optional: verifies the key at start-up.
  // ANCHOR_END: client
  await client.close();
}

const client = Client.fromEnv();
{
  // ANCHOR: page
  const page = await client.conversations.list({ status: 'closed', page: 1, limit: 50 });
  console.log(page.total, 'in all, more:', page.hasNext);
  for (const conversation of page.items) {
    console.log(conversation.id, conversation.channel);
  }
  // ANCHOR_END: page
  assert.equal(page.items.length, 50);
}
{
  // ANCHOR: iterate
  const since = new Date(Date.now() - 7 * 24 * 3600 * 1000);
  for await (const conversation of client.conversations.iter({ startTime: since })) {
    console.log(conversation.id);
  }

  for await (const page of client.tickets.iter({ priority: 'high' }, { prefetch: 2 }).pages()) {
    console.log(page.items.length, 'tickets in one piece');
  }
  // ANCHOR_END: iterate
}
{
  // ANCHOR: strict
  const tickets = client.tickets.iter({}, { consistency: 'strict' });
  for await (const ticket of tickets) {
    console.log(ticket.id);
  }
  const { items, requests, complete } = tickets.report;
  console.log(items, 'items,', requests, 'requests, complete:', complete);
  // ANCHOR_END: strict
  assert.ok(complete && items >= 150);
}
{
  // ANCHOR: quota
  const client = Client.fromEnv({ plan: 'free', onLimit: 'raise' }); // 100 a minute; default: wait for a free slot
  try {
    const page = await client.tickets.list();
    console.log(page.items.length, 'tickets');
  } catch (error) {
    if (!(error instanceof RateLimitError)) throw error;
    console.log('again in', error.retryAfterMs, 'ms');
  }
  const { used, limit } = client.quota();
  console.log(used, 'of', limit, 'used');
  // ANCHOR_END: quota
  assert.deepEqual([used, limit], [1, 100]);
  await client.close();
}
{
  // ANCHOR: errors
  try {
    await client.tickets.update('no-such-ticket', { status: 'resolved' }, { timeoutMs: 5_000 });
  } catch (error) {
    if (error instanceof NotFoundError) {
      console.log('no such ticket');
    } else if (error instanceof ZhifuyunError && error.maybeApplied) {
      console.log('look before you repeat it:', error.message);
    } else {
      throw error; // Has kind, reason, requestId, timing and more.
    }
  }
  // ANCHOR_END: errors
}
{
  const [old, current] = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz'];
  // ANCHOR: sign
  const hooks = new Webhooks({ secrets: [current, old] }); // Two secrets while one is being rotated.

  const body = Buffer.from('{"event":"ticket.created","data":{"ticket_id":"ticket_001"}}');
  const headers = await hooks.sign('msg_1', body); // What the sender does.

  const event = await hooks.verify(headers, body); // What the receiver does.
  assert.equal(event.type, 'ticket.created');

  await assert.rejects(
    hooks.verify(headers, Buffer.from('{}')),
    (error) => error instanceof WebhookVerificationError && error.webhookReason === 'signature_mismatch',
  );
  // ANCHOR_END: sign
}
{
  // The receivers for Fastify and Hono take a good webhook and refuse a changed one.
  const body = '{"event":"ticket.created","data":{"ticket_id":"ticket_001"}}';
  const headers = { 'content-type': 'application/json', ...(await Webhooks.fromEnv().sign('msg_1', Buffer.from(body))) };
  for (const [payload, status] of [
    [body, 200],
    ['{}', 401],
  ]) {
    const answer = await fastify.inject({ method: 'POST', url: '/zhifuyun', headers, payload });
    assert.equal(answer.statusCode, status);
    assert.equal((await hono.request('/zhifuyun', { method: 'POST', headers, body: payload })).status, status);
  }
}
{
  // ANCHOR: mock
  const server = await MockServer.start({ args: ['--seed', '42', '--conversations', '300', '--tickets', '150'] });
  // The token comes first, then the list fails once.
  await server.control('POST', '/faults', { when: { nth: 2 }, action: { status: 502 } });
  const client = server.client();
  const page = await client.tickets.list();
  assert.deepEqual([page.items.length, page.meta.attempts], [20, 2]);
  await client.close();
  await server.close();
  // ANCHOR_END: mock
}
{
  // ANCHOR: network
  const client = new Client({
    clientId: 'id',
    clientSecret: 'secret',
    proxy: 'http://user:password@proxy.example:3128',
    caBundle: caFile, // A PEM file, trusted besides the system's certificates.
    connectTimeoutMs: 3_000,
  });
  // ANCHOR_END: network
  assert.ok(!inspect(client).includes('password'));
  await client.close();
}
{
  // ANCHOR: before
  async function call(method, path, body, headers = {}) {
    const response = await fetch(baseUrl + path, {
      method,
      headers: { 'Content-Type': 'application/json', ...headers },
      body: body && JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return response.json();
  }

  const key = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
  const { access_token: token } = await call('POST', '/oauth/token', key);
  const conversations = [];
  for (let page = 1; ; page += 1) {
    const path = `/v1/conversations?page=${page}&limit=100`;
    const { data } = await call('GET', path, undefined, { Authorization: `Bearer ${token}` });
    conversations.push(...data.items);
    if (page * 100 >= data.total) break;
  }
  // ANCHOR_END: before

  // ANCHOR: after
  const all = await Client.fromEnv().conversations.iter().toArray();
  // ANCHOR_END: after
  assert.deepEqual(new Set(all.map((c) => c.id)), new Set(conversations.map((c) => c.id)));
}
// The table of errors names classes that exist.
for (const name of names) assert.ok(sdk[name].prototype instanceof ZhifuyunError, name);
await client.close();
console.log('all snippets ran');
