// The vectors that every language runs, on each way of computing: native, node:crypto and WebCrypto.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import {
  EVENT_TYPES,
  MemoryReplayGuard,
  schemeFromJson,
  standard,
  timestampedHex,
  type WebhookEvent,
  Webhooks,
  WebhookVerificationError,
} from '@zhifuyun/sdk/webhooks';

const root = join(import.meta.dirname, '../../../..');
const way = process.env['WEBHOOK_WAY'];
if (way === undefined) await import('@zhifuyun/sdk'); // Loading the main package speeds the verifier up.

interface Vector {
  name: string;
  scheme: unknown;
  secrets: string[];
  headers: [string, string][];
  body?: string;
  body_base64?: string;
  now: number;
  tolerance?: number;
  max_body_bytes?: number;
  expect: { reason?: string; event?: Record<string, unknown> };
}

const KNOWN = [
  ...['name', 'scheme', 'secrets', 'headers', 'body', 'body_base64', 'now', 'tolerance', 'max_body_bytes', 'expect'],
];
const { vectors } = JSON.parse(readFileSync(join(root, 'tests/vectors/webhooks.json'), 'utf8')) as {
  vectors: Vector[];
};
const snake = (name: string) => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
const time = (date: Date) => date.toISOString().replace('.000Z', 'Z');

function data(event: WebhookEvent): unknown {
  if (!event.known) return event.data;
  const { extra, ...fields } = event.data;
  const there = Object.entries(fields).filter(([, v]) => v !== undefined);
  return { ...Object.fromEntries(there.map(([k, v]) => [snake(k), v instanceof Date ? time(v) : v])), ...extra };
}

function shown(event: WebhookEvent): unknown {
  return {
    id: event.id ?? null,
    type: event.type,
    known: event.known,
    timestamp: event.timestamp ? time(event.timestamp) : null,
    sent_at: event.sentAt ? event.sentAt.getTime() / 1000 : null,
    data: data(event),
    extra: event.extra,
    dedupe_key: event.dedupeKey,
  };
}

suite(`vectors (${way ?? 'native'})`, () => {
  for (const vector of vectors) {
    test(vector.name, async () => {
      for (const key of Object.keys(vector)) assert.ok(KNOWN.includes(key), `unknown key ${key}`);
      const hooks = new Webhooks({
        secrets: vector.secrets,
        scheme: schemeFromJson(JSON.stringify(vector.scheme)),
        toleranceMs: vector.tolerance === undefined ? undefined : vector.tolerance * 1000,
        maxBodyBytes: vector.max_body_bytes,
      });
      const encoded = vector.body_base64;
      const body = encoded === undefined ? Buffer.from(vector.body as string) : Buffer.from(encoded, 'base64');
      const result = await hooks.verify(vector.headers, body, vector.now * 1000).then(
        (event) => ({ event: shown(event) }),
        (error: unknown) => {
          assert.ok(error instanceof WebhookVerificationError, String(error));
          const text = inspect(error, { showHidden: true }) + inspect(hooks) + JSON.stringify(hooks);
          for (const secret of vector.secrets) assert.ok(!text.includes(secret.replace('whsec_', '')));
          return { reason: error.webhookReason };
        },
      );
      assert.deepEqual(JSON.parse(JSON.stringify(result)), vector.expect);
    });
  }
});

if (way === undefined) {
  const again = (name: string) => {
    test(`the same with ${name}`, () => {
      const { NODE_TEST_CONTEXT: _, ...inherited } = process.env;
      const env = { ...inherited, WEBHOOK_WAY: name };
      const hide = `data:text/javascript,if(${name === 'WebCrypto'}) process.getBuiltinModule = undefined`;
      execFileSync(process.execPath, ['--import', hide, fileURLToPath(import.meta.url)], { env });
    });
  };
  again('node:crypto');
  again('WebCrypto');
}

const SECRET = 'whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=';
const BODY = '{"event":"ticket.created","data":{"ticket_id":"t_1","priority":"high"}}';

test('handlers, once per webhook', async () => {
  const seen: unknown[] = [];
  const hooks = new Webhooks({ secrets: [SECRET] })
    .on('ticket.created', (event) => seen.push(event.data.ticketId))
    .fallback((event) => seen.push(event.type));
  const headers = await hooks.sign('msg_1', BODY);
  await hooks.handle(headers, BODY);
  await assert.rejects(hooks.handle(headers, BODY), { webhookReason: 'replayed', answerStatus: 200 });
  const other = '{"event":"later.added"}';
  await hooks.handle(await hooks.sign('msg_2', other), other);
  assert.deepEqual(seen, ['t_1', 'later.added']);
});

test('a handler that fails lets the next attempt in', async () => {
  const hooks = new Webhooks({ secrets: [SECRET] });
  const headers = await hooks.sign('msg_1', BODY);
  const failing = hooks.handle(headers, BODY, async () => {
    await assert.rejects(hooks.handle(headers, BODY), { webhookReason: 'in_flight', answerStatus: 409 });
    throw new Error('out of order');
  });
  await assert.rejects(failing, /out of order/);
  assert.equal((await hooks.handle(headers, BODY)).type, 'ticket.created');
});

test('a store that fails after the handler does not undo it', async (t) => {
  const warn = t.mock.method(console, 'warn', () => {});
  const guard = {
    reserve: () => ({ state: 'reserved', lease: 1 }) as const,
    commit: () => Promise.reject(new Error('no store')),
    release: () => {},
  };
  const hooks = new Webhooks({ secrets: [SECRET], replayGuard: guard });
  await hooks.handle(await hooks.sign('m', BODY), BODY);
  assert.equal(warn.mock.callCount(), 1);
});

test('the memory guard forgets the oldest, never what is being handled', () => {
  const guard = new MemoryReplayGuard({ capacity: 2 });
  const lease = (key: string) => {
    const r = guard.reserve(key);
    assert.equal(r.state, 'reserved', key);
    return r.state === 'reserved' ? r.lease : undefined;
  };
  for (const key of ['a', 'b', 'c']) guard.commit(key, lease(key));
  assert.equal(guard.reserve('c').state, 'done');
  assert.equal(guard.reserve('b').state, 'done');
  const first = lease('a');
  lease('d');
  assert.equal(guard.reserve('e').state, 'in_flight', 'as many at once as it remembers');
  guard.release('a', 'another lease');
  assert.equal(guard.reserve('a').state, 'in_flight');
  guard.release('a', first);
  lease('e');
});

test('bodies that are not raw are refused with advice', async () => {
  const hooks = new Webhooks({ secrets: [SECRET] });
  for (const body of [{}, [], null, undefined, 1, '\ud800']) {
    await assert.rejects(hooks.verify({}, body as never), { webhookReason: 'body_not_raw', answerStatus: 500 });
  }
});

test('all shapes of headers', async () => {
  const hooks = new Webhooks({ secrets: [SECRET] });
  const signed = await hooks.sign('msg_1', BODY);
  const pairs = Object.entries(signed);
  const shapes = [
    signed,
    pairs,
    new Headers(signed),
    new Map(pairs),
    Object.fromEntries(pairs.map(([k, v]) => [k.toUpperCase(), [v, v]])),
    Object.fromEntries(pairs.map(([k, v]) => [`HTTP_${k.toUpperCase().replaceAll('-', '_')}`, v])),
  ];
  for (const headers of shapes) assert.equal((await hooks.verify(headers, Buffer.from(BODY))).id, 'msg_1');
});

test('what cannot be a signature is none, whatever stands beside it', async () => {
  const hooks = new Webhooks({ secrets: [SECRET] });
  const headers = await hooks.sign('msg_1', BODY);
  const good = headers['webhook-signature'] as string;
  const verify = (signature: string, body = BODY) => hooks.verify({ ...headers, 'webhook-signature': signature }, body);
  const none = { webhookReason: 'malformed_signature' };
  for (const signature of [`${good},`, `${good},${good.slice(3)}`, `v1,,${good.slice(4)}`, `v1,${'*'.repeat(43)}=`]) {
    await assert.rejects(verify(signature), none, signature);
    await assert.rejects(verify(signature, ''), none, signature);
    assert.equal((await verify(`${signature} ${good}`)).id, 'msg_1');
  }
  assert.equal((await verify(`${`v1,${'A'.repeat(43)}= `.repeat(31)}${good}`)).id, 'msg_1');
  await assert.rejects(verify(good, ''), { webhookReason: 'empty_body' });
  await assert.rejects(verify('v2,x'), { webhookReason: 'no_supported_signature' });
  await assert.rejects(verify('v2,x v1,x'), none);
});

test('long ids and many headers', async () => {
  const hooks = new Webhooks({ secrets: [SECRET] });
  for (const length of [200, 256]) {
    const id = 'x'.repeat(length);
    const headers = Array.from({ length: 40 }, (_, n) => [`X-Other-${n}`, 'y']).concat(
      Object.entries(await hooks.sign(id, BODY)),
    ) as [string, string][];
    assert.equal((await hooks.verify(headers, BODY)).id, id);
  }
});

test('the reader knows the places that native code tells', { skip: way !== undefined }, async () => {
  const native = createRequire(import.meta.url)('../../zhifuyun.node');
  const { events } = JSON.parse(native.layout()) as { events: [string, string[]][] };
  assert.deepEqual(
    events.map(([type]) => type),
    EVENT_TYPES,
  );
  const hooks = new Webhooks({ secrets: [SECRET] });
  const open = async (body: string) => hooks.verify(await hooks.sign('m', body), body);
  for (const [type, names] of events) {
    // Two units for some characters, and an order of its own.
    const fields = names.map((name) => [name, name.endsWith('_at') ? '2024-02-28T23:59:59Z' : `${name} 😀 产品`]);
    const data = Object.fromEntries(fields.reverse());
    const text = JSON.stringify({ timestamp: null, event: type, data });
    const quick = await open(text);
    // An escape goes the long way.
    const slow = await open(text.replace('"event"', '"\\u0065vent"'));
    assert.deepEqual({ ...quick, raw: '' }, { ...slow, raw: '' });
    assert.deepEqual(Object.keys(quick.data as object), Object.keys(slow.data as object));
    assert.deepEqual([quick.type, quick.known, quick.raw], [type, true, text]);
    for (const value of Object.values(quick.data as object)) assert.notEqual(value, undefined);
  }
});

test('times at the ends of months', async () => {
  const hooks = new Webhooks({ secrets: [SECRET] });
  const days = ['0100-01-01', '1999-12-31', '2000-02-29', '2024-02-29', '2024-03-01', '2100-02-28', '9999-12-31'];
  for (const day of [...days, '2100-02-29', '2023-02-29', '2024-04-31', '2024-13-01', '2024-00-10', '2024-01-00']) {
    const text = `${day}T23:59:59Z`;
    const body = JSON.stringify({ event: 'ticket.created', timestamp: text, data: { created_at: text } });
    const { timestamp, extra, data } = await hooks.verify(await hooks.sign('m', body), body);
    const want = days.includes(day) ? new Date(text) : undefined;
    assert.deepEqual([timestamp, (data as { createdAt?: Date }).createdAt], [want, want], text);
    assert.deepEqual(extra, want ? {} : { timestamp: text });
  }
});

test('setting up wrongly', () => {
  const refused = (options: unknown, message: RegExp) => {
    assert.throws(() => new Webhooks(options as never), { kind: 'config', message });
  };
  refused({ secrets: [] }, /no webhook secret/);
  refused({ secrets: ['whsec_AAAA'] }, /holds 3 bytes/);
  refused({ secrets: ['whsec_*'] }, /is not base64/);
  refused({ secrets: ['whpk_AAAA'] }, /asymmetric/);
  refused({ secrets: Array(17).fill(SECRET) }, /more than 16/);
  refused({ secrets: [SECRET], maxBodyBytes: 0 }, /maxBodyBytes/);
  refused(undefined, /must be an object/);
  refused({ secrets: SECRET }, /must be a list/);
  refused({ secrets: [SECRET], tolerance: 5 }, /no option tolerance/);
  for (const toleranceMs of ['5', -1, Number.NaN, Number.POSITIVE_INFINITY])
    refused({ secrets: [SECRET], toleranceMs }, /toleranceMs must/);
  refused({ secrets: [SECRET], maxBodyBytes: '5' }, /maxBodyBytes must/);
  refused({ secrets: [SECRET], replayGuard: {} }, /replayGuard must/);
  refused({ secrets: [SECRET], scheme: { ...standard, payload: '{body}' } }, /\{id\} must/);
  refused({ secrets: [SECRET], scheme: { ...standard, payload: '{id}{timestamp}.{body}' } }, /separator/);
  refused({ secrets: [SECRET], scheme: { ...standard, signatureHeader: 'Webhook-Id' } }, /same header/);
  refused({ secrets: ['s'], scheme: { ...timestampedHex('x'), version: 't' } }, /other than/);
  for (const bad of ['', '{', '[]', '"other"', '{"colour":1}'])
    assert.throws(() => schemeFromJson(bad), { kind: 'config' });
});

test('an age is never left unchecked', async () => {
  const hooks = new Webhooks({ secrets: [SECRET] });
  const old = await hooks.sign('m', BODY, 1000);
  for (const now of [Number.NaN, Number.POSITIVE_INFINITY, new Date('x'), 'x' as never]) {
    await assert.rejects(hooks.verify(old, BODY, now), { kind: 'invalid_argument', argument: 'now' });
  }
  for (const headers of [undefined, null, 5, 'x']) {
    await assert.rejects(hooks.verify(headers as never, BODY), { kind: 'invalid_argument', argument: 'headers' });
  }
});

test('numbers in a body', async () => {
  const hooks = new Webhooks({ secrets: [SECRET] });
  const ticket = async (data: string) => {
    const body = `{"event":"ticket.created","note":"\\"data\\": 5","data":{${data}}}`;
    const event = await hooks.verify(await hooks.sign('m', body), body);
    assert.ok(event.known && event.type === 'ticket.created');
    return event.data;
  };
  for (const id of ['9007199254740993', '18446744073709551615', '-9223372036854775808', '0', '7']) {
    assert.equal((await ticket(`"ticket_id": ${id} ,"n":1.5e3`)).ticketId, id);
  }
  for (const id of ['18446744073709551616', '-9223372036854775809', '1.0', '1e2', '-0', '1.5']) {
    const { ticketId, extra } = await ticket(`"ticket_id":${id}`);
    assert.deepEqual([ticketId, extra['ticket_id']], [undefined, Number(id)], id);
  }
  await assert.rejects(ticket('"n":1e400'), { webhookReason: 'not_json' });
});

test('half a surrogate pair costs one character', async () => {
  const hooks = new Webhooks({ secrets: [SECRET] });
  const body = '{"event":"ticket.created","data":{"title":"half \\ud83d","v":"\\ud83d\\ude00\\ude00 \\\\ud83d"}}';
  const event = await hooks.verify(await hooks.sign('m', body), body);
  assert.ok(event.known && event.type === 'ticket.created');
  assert.equal(event.data.title, 'half \ufffd');
  assert.deepEqual(event.data.extra, { v: '😀\ufffd \\ud83d' });
  assert.equal(event.raw, body);
});

test('a handler of a type that this version does not know', async () => {
  const seen: unknown[] = [];
  const hooks = new Webhooks({ secrets: [SECRET] })
    .on('ticket.deleted', (event) => seen.push(event.data))
    .on('ticket.created', () => assert.fail('it was promised an object'))
    .fallback((event) => seen.push(event.type));
  for (const body of ['{"event":"ticket.deleted","data":[1]}', '{"event":"ticket.created","data":"x"}']) {
    await hooks.handle(await hooks.sign(`msg_${body.indexOf('created')}`, body), body);
  }
  assert.deepEqual(seen, [[1], 'ticket.created']);
  assert.throws(() => hooks.on('ticket.created', 5 as never), { argument: 'handler' });
});

test('secrets of the environment', (t) => {
  const before = process.env['ZHIFUYUN_WEBHOOK_SECRET'];
  t.after(() => {
    if (before === undefined) delete process.env['ZHIFUYUN_WEBHOOK_SECRET'];
    else process.env['ZHIFUYUN_WEBHOOK_SECRET'] = before;
  });
  for (const [value, count] of [
    [SECRET, 1],
    [` ${SECRET},${SECRET}\n`, 2],
    [`${SECRET} ${SECRET} , ${SECRET}`, 3],
  ] as const) {
    process.env['ZHIFUYUN_WEBHOOK_SECRET'] = value;
    assert.equal(Webhooks.fromEnv().toJSON()['secrets'], count, value);
  }
  for (const value of ['', ' , ']) {
    process.env['ZHIFUYUN_WEBHOOK_SECRET'] = value;
    assert.throws(() => Webhooks.fromEnv(), { kind: 'config' });
  }
});
