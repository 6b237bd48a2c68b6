import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import {
  ApiError,
  AuthenticationError,
  Client,
  type ClientEvent,
  ConfigError,
  Conversation,
  InvalidArgumentError,
  type Meta,
  NotFoundError,
  RateLimitError,
  Statistics,
  Ticket,
  Trend,
  version,
  WebhookVerificationError,
  ZhifuyunError,
} from '@zhifuyun/sdk';
import * as esm from '@zhifuyun/sdk';
import { root, start } from './server.mjs';

const server = await start('--conversations', '250', '--tickets', '30', '--plan', 'off');
const client = server.client({ plan: 'off' });

test('every operation', async () => {
  const page = await client.conversations.list({ limit: 2 });
  assert.equal(page.items.length, 2);
  assert.equal(page.hasNext, true);
  assert.deepEqual([...page], page.items);
  const [first] = page.items as [Conversation];
  assert.ok(first.createdAt instanceof Date);
  const { extra, ...detail } = await client.conversations.get(first.id);
  assert.deepEqual({ ...detail, extra: {} }, { ...first });
  assert.ok(extra['initial_message']);
  const made = await client.conversations.create({ userId: '客户一', channel: 'web', initialMessage: '你好 👋🏽' });
  assert.equal(made.userId, '客户一');
  const ticket = await client.tickets.create({ title: '产品咨询', description: '价格', priority: 'medium' });
  const changed = await client.tickets.update(ticket.id, { status: 'resolved', comment: '完' }, { timeoutMs: 5000 });
  assert.equal(changed.status, 'resolved');
  assert.ok((await client.tickets.list({ status: 'resolved' })).total);
  const days = { startDate: '2025-07-01', endDate: '2025-12-31' };
  const numbers = await client.statistics.get({ type: 'ticket', ...days, groupBy: 'month' });
  assert.match(numbers.trends[0]?.date ?? '', /^2025-\d\d-01$/);
  await client.authenticate();
});

test('meta is at hand and out of the way', async () => {
  const { data, meta } = await client.conversations.list({ limit: 1 }).withMeta();
  assert.equal(data.meta, meta);
  assert.equal(meta.httpStatus, 200);
  assert.equal(meta.attempts, 1);
  assert.match(meta.requestId ?? '', /^req_/);
  assert.ok(meta.timing.totalMs > 0);
  const [item] = data.items as [Conversation];
  assert.deepEqual(Object.keys(JSON.parse(JSON.stringify(item))).sort(), [
    ...['channel', 'createdAt', 'id', 'status', 'updatedAt', 'userId'],
  ]);
  assert.deepEqual((await client.conversations.list({ limit: 1 })).items, data.items);
  assert.match(inspect(item), /^Conversation \{\n {2}id: 'conv_/);
  assert.deepEqual(structuredClone({ ...item }).createdAt, item.createdAt);
});

test('many calls under one signal', async () => {
  const warnings: Error[] = [];
  const listen = (warning: Error) => warnings.push(warning);
  process.on('warning', listen);
  const { signal } = new AbortController();
  await Promise.all(Array.from({ length: 30 }, () => client.tickets.list({}, { signal })));
  await new Promise((later) => setImmediate(later));
  process.off('warning', listen);
  assert.deepEqual(warnings, []);
  // As polyfills and other realms have them: of another class, and without a reason.
  const other = { aborted: false, addEventListener() {}, removeEventListener() {} };
  assert.ok(await client.tickets.list({}, { signal: other as never }));
  await assert.rejects(client.tickets.list({}, { signal: { ...other, aborted: true } as never }), {
    name: 'AbortError',
  });
});

const half = '\ud800';
const refusals: [string, (c: Client) => unknown, string][] = [
  ['limit 0', (c) => c.conversations.list({ limit: 0 }), 'limit'],
  ['limit 101', (c) => c.conversations.list({ limit: 101 }), 'limit'],
  ['limit 20.5', (c) => c.conversations.list({ limit: 20.5 }), 'limit'],
  ['limit NaN', (c) => c.conversations.list({ limit: Number.NaN }), 'limit'],
  ['limit Infinity', (c) => c.tickets.list({ limit: Number.POSITIVE_INFINITY }), 'limit'],
  ['limit 20n', (c) => c.conversations.list({ limit: 20n as never }), 'limit'],
  ['limit "20"', (c) => c.conversations.list({ limit: '20' as never }), 'limit'],
  ['limit true', (c) => c.conversations.list({ limit: true as never }), 'limit'],
  ['page 0', (c) => c.conversations.list({ page: 0 }), 'page'],
  ['an invalid date', (c) => c.conversations.list({ startTime: new Date(Number.NaN) }), 'startTime'],
  ['a date out of range', (c) => c.conversations.list({ startTime: new Date(8.64e15) }), 'startTime'],
  ['a time without zone', (c) => c.conversations.list({ startTime: '2024-01-01T10:00:00' }), 'startTime'],
  ['start after end', (c) => c.conversations.list({ startTime: new Date(1), endTime: new Date(0) }), 'startTime'],
  ['a Date as calendar date', (c) => c.statistics.get({ startDate: new Date() as never }), 'startDate'],
  ['a Date as status', (c) => c.tickets.list({ status: new Date() as never }), 'status'],
  ['an unknown argument', (c) => c.conversations.list({ colour: 'red' } as never), 'colour'],
  ['a name of the API', (c) => c.conversations.list({ start_time: 'x' } as never), 'start_time'],
  ['an empty id', (c) => c.conversations.get(''), 'id'],
  ['the id ..', (c) => c.conversations.get('..'), 'id'],
  ['no id', (c) => c.conversations.get(undefined as never), 'id'],
  ['an id that is a number', (c) => c.conversations.get(1 as never), 'id'],
  ['a long id', (c) => c.conversations.get('x'.repeat(257)), 'id'],
  ['a lone surrogate', (c) => c.conversations.create({ userId: half, channel: 'web' }), 'userId'],
  ['a function', (c) => c.tickets.list({ status: (() => 'open') as never }), 'status'],
  ['a list', (c) => c.tickets.list({ status: ['open'] as never }), 'status'],
  ['nothing to update', (c) => c.tickets.update('t', {}), 'status'],
  ['an unknown option', (c) => c.tickets.list({}, { retries: 1 } as never), 'retries'],
  ['timeoutMs 0', (c) => c.tickets.list({}, { timeoutMs: 0 }), 'timeoutMs'],
  ['timeoutMs NaN', (c) => c.tickets.list({}, { timeoutMs: Number.NaN }), 'timeoutMs'],
  ['maxRetries -1', (c) => c.tickets.list({}, { maxRetries: -1 }), 'maxRetries'],
  ['a signal that is none', (c) => c.tickets.list({}, { signal: {} as never }), 'signal'],
  ['a URLSearchParams', (c) => c.tickets.iter(new URLSearchParams({ status: 'open' }) as never).toArray(), 'arguments'],
  ['a Map', (c) => c.tickets.list(new Map([['status', 'open']]) as never), 'arguments'],
  ['a Date', (c) => c.statistics.get(new Date() as never), 'arguments'],
  ['a promise', (c) => c.tickets.list(Promise.resolve({ status: 'open' }) as never), 'arguments'],
  ['a Map of options', (c) => c.tickets.list({}, new Map([['timeoutMs', 1]]) as never), 'options'],
  ['prefetch 1.5', (c) => c.tickets.iter({}, { prefetch: 1.5 }).toArray(), 'prefetch'],
  ['an unknown consistency', (c) => c.tickets.iter({}, { consistency: 'x' as never }).toArray(), 'consistency'],
];

test('bad input is refused before any I/O', async () => {
  const unreachable = new Client({ clientId: 'a', clientSecret: 'b', baseUrl: 'http://127.0.0.1:9' });
  for (const [name, call, argument] of refusals) {
    const wanted = (e: unknown) => {
      assert.ok(e instanceof InvalidArgumentError, `${name}: ${e}`);
      assert.equal(e.argument, argument, `${name}: ${e.message}`);
      assert.equal(e.attempts, 0);
      return true;
    };
    await assert.rejects(async () => call(unreachable), wanted, name);
  }
});

test('options are checked when they are given', () => {
  const good = { clientId: 'a', clientSecret: 'hush-hush' };
  const bad: [object, RegExp][] = [
    [{}, /client_id is missing/],
    [new Map(Object.entries(good)), /must be an object with a property for each/],
    [{ ...good, clientSecret: 'hush-hush\n' }, /white space/],
    [{ ...good, timeout: 5 }, /there is no option timeout/],
    [{ ...good, timeoutMs: '5' }, /timeoutMs has the wrong type/],
    [{ ...good, timeoutMs: Number.NaN }, /timeoutMs must be a finite/],
    [{ ...good, timeoutMs: 0 }, /timeout must be more than zero/],
    [{ ...good, plan: 'gold' }, /plan must be/],
    [{ ...good, plan: 0 }, /plan must/],
    [{ ...good, baseUrl: 'http://example.com' }, /clear/],
    [{ ...good, baseUrl: 'https://user:pw@x' }, /user name/],
    [{ ...good, clientId: half }, /valid Unicode/],
    [{ ...good, onEvent: 1 }, /onEvent must be a function/],
  ];
  for (const [options, message] of bad) {
    assert.throws(
      () => new Client(options),
      (e) => {
        assert.ok(e instanceof ConfigError, String(e));
        assert.match(e.message, message);
        assert.doesNotMatch(inspect(e), /hush|pw@/);
        return true;
      },
    );
  }
  assert.throws(() => new Client({ ...good, userAgent: 'a\r\nb' }), InvalidArgumentError);
});

test('the environment', (t) => {
  t.mock.method(process, 'emitWarning', () => {});
  const before = { ...process.env };
  try {
    delete process.env['ZHIFUYUN_CLIENT_ID'];
    assert.throws(() => Client.fromEnv(), /ZHIFUYUN_CLIENT_ID is not set/);
    process.env['ZHIFUYUN_CLIENT_ID'] = 'id';
    process.env['ZHIFUYUN_CLIENT_SECRET'] = 'secret';
    process.env['ZHIFUYUN_PLAN'] = 'gold';
    assert.throws(() => Client.fromEnv(), /plan must be/);
    assert.equal(Client.fromEnv({ plan: 'free' }).quota().limit, 100);
  } finally {
    process.env = before;
  }
});

test('errors: classes, fields, stacks of the caller', async () => {
  async function theCaller() {
    return await client.conversations.get('nope');
  }
  const error = await theCaller().catch((e: unknown) => e);
  assert.ok(error instanceof NotFoundError && error instanceof ApiError && error instanceof ZhifuyunError);
  assert.ok(error instanceof Error);
  assert.equal(error.name, 'NotFoundError');
  assert.equal(error.kind, 'not_found');
  assert.equal(error.httpStatus, 404);
  assert.equal(error.code, 404);
  assert.equal(error.operation, 'conversations.get');
  assert.match(error.stack ?? '', /theCaller/);
  assert.match(error.message, new RegExp(error.requestId as string));
  assert.equal(JSON.parse(JSON.stringify(error)).kind, 'not_found');
  const wrong = new Client({ ...server.credentials, clientSecret: 'wrong-secret' });
  const refused = await wrong.authenticate().catch((e: unknown) => e);
  assert.ok(refused instanceof AuthenticationError);
  assert.doesNotMatch(inspect(refused, { showHidden: true, depth: 9 }) + JSON.stringify(refused), /wrong-secret/);
});

test('errors and models by hand, as tests of users make them', () => {
  const error = new RateLimitError('slow', { retryAfterMs: 5, cause: 'x' });
  const { name, message, detail, kind, reason, retryAfterMs, attempts, cause, isTransient } = error;
  assert.deepEqual(
    [name, message, detail, kind, reason],
    ['RateLimitError', 'slow', 'slow', 'rate_limit', 'rate_limit'],
  );
  assert.deepEqual([retryAfterMs, attempts, cause, isTransient], [5, 0, 'x', true]);
  assert.equal(new (class Own extends NotFoundError {})('gone').kind, 'not_found');
  assert.equal(new WebhookVerificationError('again', { webhookReason: 'replayed' }).answerStatus, 200);
  // @ts-expect-error: a message is needed.
  assert.equal(new RateLimitError().message, '');
  // @ts-expect-error: a reason is needed.
  assert.equal(new WebhookVerificationError('x').answerStatus, 400);
  // @ts-expect-error: a model is nothing without its fields.
  assert.deepEqual(new Trend().toJSON().extra, undefined);
  const trend = new Trend({ attempts: 1 } as Meta, '2024-01-01', 3, 4);
  assert.deepEqual(
    [JSON.stringify(trend), trend.meta.attempts],
    ['{"date":"2024-01-01","conversations":3,"tickets":4}', 1],
  );
});

test('secrets are absent from everything that shows a client', () => {
  const { clientSecret } = server.credentials;
  const shown = [
    inspect(client, { showHidden: true, depth: 9 }),
    JSON.stringify(client),
    String(client),
    inspect(server),
  ];
  for (const text of shown) assert.ok(!text.includes(clientSecret), text);
});

test('aborting: before, during, after', async () => {
  const reason = new Error('enough');
  await assert.rejects(client.tickets.list({}, { signal: AbortSignal.abort(reason) }), reason);
  await server.control('POST', '/faults', { match: { path: '/v1/statistics' }, action: { delay_ms: 3000 } });
  const controller = new AbortController();
  const began = performance.now();
  const slow = client.statistics.get({}, { signal: controller.signal });
  setTimeout(() => controller.abort(), 50);
  await assert.rejects(slow, { name: 'AbortError' });
  await assert.rejects(client.statistics.get({}, { signal: AbortSignal.timeout(50) }), { name: 'TimeoutError' });
  assert.ok(performance.now() - began < 2900, 'before the answer');
  await server.control('DELETE', '/faults');
  const late = new AbortController();
  const page = await client.tickets.list({}, { signal: late.signal });
  late.abort();
  assert.ok(page.items.length);
});

test('closing', async () => {
  let inside: Client | undefined;
  {
    await using own = server.client();
    inside = own;
    await own.tickets.list();
  }
  await assert.rejects(inside.tickets.list(), { kind: 'closed' });
  await assert.rejects(inside.tickets.iter().toArray(), { kind: 'closed' });
  assert.throws(() => inside?.quota(), { kind: 'closed' });
  await inside.close();
});

test('events, and a listener that throws, at once and later', async (t) => {
  const warn = t.mock.method(process, 'emitWarning', () => {});
  const events: ClientEvent[] = [];
  const own = server.client({
    onEvent: (event) => {
      events.push(event);
      if (event.event === 'refresh') throw new Error('from the listener');
      if (event.event === 'response' && event.operation === 'tickets.list') throw Object.create(null);
      return event.event === 'request' ? Promise.reject(new Error('from an async listener')) : undefined;
    },
  });
  await own.tickets.list();
  await own.tickets.list();
  const names = new Set(events.map((e) => e.event));
  assert.ok(names.has('request') && names.has('response') && names.has('refresh'), [...names].join());
  const answered = events.find((e) => e.event === 'response' && e.operation === 'tickets.list');
  assert.ok(answered?.event === 'response' && answered.elapsedMs > 0 && answered.httpStatus === 200);
  await new Promise((later) => setImmediate(later));
  assert.equal(warn.mock.callCount(), 3 + events.filter((e) => e.event === 'request').length);
  assert.doesNotMatch(JSON.stringify(events), new RegExp(server.credentials.clientSecret));
});

test('quota', async () => {
  const own = server.client({ plan: 250 });
  assert.deepEqual(own.quota(), { used: 0, limit: 250, nextFreeMs: 0 });
  await own.tickets.list();
  assert.equal(own.quota().used, 1);
  assert.equal(client.quota().limit, undefined);
});

test('ES modules and CommonJS are the same classes, and all halves have one version', () => {
  const require = createRequire(import.meta.url);
  const cjs = require('@zhifuyun/sdk') as typeof import('@zhifuyun/sdk');
  assert.equal(cjs.Client, Client);
  assert.equal(cjs.ZhifuyunError, ZhifuyunError);
  const hooks = require('@zhifuyun/sdk/webhooks') as typeof import('@zhifuyun/sdk/webhooks');
  assert.equal(hooks.ZhifuyunError, ZhifuyunError);
  // Those of the ES module are listed one by one.
  assert.deepEqual(Object.keys(esm).sort(), Object.keys(cjs).sort());
  const { version: own } = JSON.parse(readFileSync(join(root, 'bindings/node/package.json'), 'utf8'));
  assert.equal(version, own);
});

const native = createRequire(import.meta.url)('../../zhifuyun.node');

test('the decoder knows the layout of the native half', async () => {
  const layout = JSON.parse(native.layout()) as Record<string, [string, unknown][]>;
  const camel = (name: string) => name.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase());
  for (const type of [Conversation, Ticket, Trend, Statistics] as unknown as (new (
    meta: object,
  ) => object)[]) {
    const fields = layout[type.name]?.map(([field]) => camel(field));
    assert.deepEqual(Object.keys(new type({})), [...(fields ?? []), 'extra'], type.name);
  }
  // Known words travel as their place in a list, so each must come out as it was sent.
  const words = (name: string) =>
    (layout[name] ?? []).flatMap(([field, known]) =>
      Array.isArray(known) ? [...known, 'of tomorrow'].map((word): [string, string] => [field, word]) : [],
    );
  const api = createServer((request, response) => {
    const sent = words(request.url?.startsWith('/v1/tickets') ? 'Ticket' : 'Conversation');
    const items = sent.map(([field, word]) => ({ id: 'x', [field]: word }));
    const page = { code: 200, data: { total: items.length, page: 1, limit: 20, items } };
    const token = { access_token: 't', token_type: 'Bearer', expires_in: 3600 };
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify(request.method === 'POST' ? token : page));
  }).listen(0, '127.0.0.1');
  await once(api, 'listening');
  const baseUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
  const own = new Client({ clientId: 'a', clientSecret: 'b', baseUrl, plan: 'off' });
  const came = { Conversation: await own.conversations.list(), Ticket: await own.tickets.list() };
  await own.close();
  api.close();
  for (const [name, page] of Object.entries(came)) {
    const sent = words(name);
    assert.ok(sent.length > 2, name);
    const items = page.items as readonly unknown[] as Record<string, unknown>[];
    assert.deepEqual(
      items.map((item, n) => [sent[n]?.[0], item[sent[n]?.[0] as string]]),
      sent,
    );
  }
});

test('a panic becomes an error', () => {
  assert.throws(
    () => native.panicNow(),
    (error: Error) => JSON.parse(error.message).reason === 'panic',
  );
});
