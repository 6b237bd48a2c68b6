// The adapters in the real frameworks.
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { suite, test } from 'node:test';
import { serve } from '@hono/node-server';
import { Webhooks } from '@zhifuyun/sdk/webhooks';
import { express } from '@zhifuyun/sdk/webhooks/express';
import { fastify } from '@zhifuyun/sdk/webhooks/fastify';
import { fetch as fetchHandler } from '@zhifuyun/sdk/webhooks/fetch';
import { http } from '@zhifuyun/sdk/webhooks/http';
import Express from 'express';
import Fastify from 'fastify';
import { Hono } from 'hono';

const SECRET = 'whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=';
const BODY = '{"event": "ticket.created", "data": {"ticket_id": "票_1"}}';

interface App {
  url: string;
  close(): unknown;
}

const listening = async (server: Server): Promise<App> => {
  if (!server.listening) await new Promise((ready) => server.once('listening', ready));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/hook`, close: () => server.close() };
};

const frameworks: Record<string, (hooks: Webhooks) => Promise<App>> = {
  express: (hooks) => {
    const app = Express();
    app.post('/hook', express(hooks));
    app.use(Express.json());
    return listening(app.listen(0));
  },
  fastify: async (hooks) => {
    const app = Fastify();
    fastify(app, '/hook', hooks);
    app.post('/other', async (request) => request.body);
    const url = await app.listen({ port: 0 });
    const other = await fetch(`${url}/other`, {
      method: 'POST',
      body: '{"a":1}',
      headers: { 'content-type': 'application/json' },
    });
    assert.deepEqual(await other.json(), { a: 1 }, 'other routes keep their parsers');
    return { url: `${url}/hook`, close: () => app.close() };
  },
  hono: (hooks) => {
    const app = new Hono();
    app.post('/hook', fetchHandler(hooks));
    return listening(serve({ fetch: app.fetch, port: 0 }) as Server);
  },
  http: (hooks) => listening(createServer(http(hooks, { onError: () => {} })).listen(0)),
};

for (const [name, make] of Object.entries(frameworks)) {
  suite(name, () => {
    test('verifies, handles, answers', async () => {
      const seen: unknown[] = [];
      const hooks = new Webhooks({ secrets: [SECRET], maxBodyBytes: 1000 }).on('ticket.created', (event) => {
        if (seen.push(event.data.ticketId) === 2) throw new Error('the handler failed');
      });
      const app = await make(hooks);
      try {
        const post = async (body: string, headers: Record<string, string>) => {
          const all = { 'content-type': 'application/json', ...headers };
          const answer = await fetch(app.url, { method: 'POST', body, headers: all });
          const text = await answer.text();
          return [answer.status, answer.status === 500 ? '' : JSON.parse(text)];
        };
        const first = await hooks.sign('msg_1', BODY);
        assert.deepEqual(await post(BODY, first), [200, { ok: true }]);
        assert.deepEqual(await post(BODY, first), [200, { error: 'replayed' }]);
        assert.deepEqual(await post(`${BODY} `, first), [500, ''], 're-serialised: the fault is on this side');
        assert.deepEqual(await post('{"event":"forged"}', first), [401, { error: 'signature_mismatch' }]);
        assert.deepEqual(await post(BODY, {}), [400, { error: 'missing_header' }]);
        assert.deepEqual(await post('', first), [400, { error: 'empty_body' }]);
        assert.equal((await post('x'.repeat(2000), first))[0], 413);
        assert.deepEqual(await post(BODY, await hooks.sign('msg_2', BODY)), [500, ''], 'the handler failed');
        assert.deepEqual(await post(BODY, await hooks.sign('msg_2', BODY)), [200, { ok: true }], 'and may try again');
        assert.deepEqual(seen, ['票_1', '票_1', '票_1']);
      } finally {
        await app.close();
      }
    });
  });
}

// A sender with a socket of its own: `fetch` would join headers and know lengths.
function send(url: string, headers: readonly string[], body: Iterable<Uint8Array>): Promise<string> {
  const { port, pathname } = new URL(url);
  return new Promise((answered, failed) => {
    const socket = connect(Number(port), '127.0.0.1');
    let text = '';
    socket.on('error', failed).on('close', () => failed(new Error(`no whole answer: ${text}`)));
    socket.on('data', (data) => {
      text += data;
      if (!/\r\n\r\n.*\}/s.test(text)) return;
      answered(`${text.split(' ')[1]} ${/\{.*\}/.exec(text)?.[0]}`);
      socket.destroy();
    });
    const start = [`POST ${pathname} HTTP/1.1`, 'host: x', 'content-type: application/json', ...headers, '', ''];
    socket.write(start.join('\r\n'));
    for (const chunk of body) socket.write(chunk);
  });
}

const KILOBYTES_64 = Buffer.alloc(65_536, 'x');

function* pieces(bytes: number): Generator<Uint8Array> {
  for (let left = bytes; left > 0; left -= KILOBYTES_64.length) yield KILOBYTES_64.subarray(0, Math.min(left, 65_536));
}

function* chunked(bytes: number): Generator<Uint8Array> {
  for (const piece of pieces(bytes))
    yield* [Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')];
  yield Buffer.from('0\r\n\r\n');
}

for (const [name, make] of Object.entries(frameworks)) {
  test(`${name}: what is too large is refused with an answer, not with a closed connection`, async () => {
    const hooks = new Webhooks({ secrets: [SECRET] });
    const app = await make(hooks);
    const headers = Object.entries(await hooks.sign('msg_1', BODY)).map(([n, v]) => `${n}: ${v}`);
    const refused = '413 {"error":"body_too_large"}';
    try {
      for (const bytes of [2_000_000, 20_000_000]) {
        assert.equal(await send(app.url, [...headers, `content-length: ${bytes}`], pieces(bytes)), refused);
        assert.equal(await send(app.url, [...headers, 'transfer-encoding: chunked'], chunked(bytes)), refused);
      }
      const body = [Buffer.from(BODY)];
      const length = `content-length: ${Buffer.byteLength(BODY)}`;
      assert.equal(await send(app.url, [...headers, length], body), '200 {"ok":true}', 'and goes on');
    } finally {
      await app.close();
    }
  });
}

for (const name of ['express', 'fastify', 'http'] as const) {
  test(`${name}: headers that came twice`, async () => {
    const hooks = new Webhooks({ secrets: [SECRET] });
    const app = await (frameworks[name] as (typeof frameworks)['http'])(hooks);
    const body = [Buffer.from(BODY)];
    const length = `content-length: ${Buffer.byteLength(BODY)}`;
    const signed = async (id: string) => Object.entries(await hooks.sign(id, BODY)).map(([n, v]) => `${n}: ${v}`);
    try {
      const same = [...(await signed('msg_1')), 'Webhook-Id: msg_1', length];
      assert.equal(await send(app.url, same, body), '200 {"ok":true}');
      for (const other of ['webhook-id: msg_3', 'webhook-timestamp: 12', 'webhook-signature: v1,AAAA']) {
        const twice = [...(await signed('msg_2')), other, length];
        assert.equal(await send(app.url, twice, body), '400 {"error":"duplicate_header"}', other);
      }
    } finally {
      await app.close();
    }
  });
}

test('an empty body that a parser left behind is not what was sent', async () => {
  const hooks = new Webhooks({ secrets: [SECRET] });
  const app = Express();
  app.use((request, _response, next) => {
    request.body = {}; // As the parsers of Express 4 do it when the content type is not theirs.
    next();
  });
  app.post('/hook', express(hooks));
  const { url, close } = await listening(app.listen(0));
  const headers = await hooks.sign('m', BODY);
  assert.equal((await fetch(url, { method: 'POST', body: BODY, headers })).status, 200);
  close();
});

test('a parser that ate the body is named', async () => {
  const hooks = new Webhooks({ secrets: [SECRET] });
  const app = Express();
  app.use(Express.json());
  app.post('/hook', express(hooks));
  let told = '';
  app.use(((error, _request, response, _next) => {
    told = error.message;
    response.status(500).end();
  }) as Express.ErrorRequestHandler);
  const { url, close } = await listening(app.listen(0));
  const headers = { 'content-type': 'application/json', ...(await hooks.sign('m', BODY)) };
  assert.equal((await fetch(url, { method: 'POST', body: BODY, headers })).status, 500);
  assert.match(told, /before any JSON middleware/);
  close();
});

const keeping = (raw: (body: Buffer) => unknown) =>
  Express.json({ verify: (request, _response, body) => Object.assign(request, { rawBody: raw(body) }) });
const keepers = {
  'express.raw': Express.raw({ type: '*/*' }),
  'express.text': Express.text({ type: '*/*' }),
  'rawBody as bytes': keeping((body) => body),
  'rawBody as text': keeping((body) => body.toString()),
  'rawBody as an ArrayBuffer': keeping((body) => Uint8Array.from(body).buffer),
};

for (const [name, keeper] of Object.entries(keepers)) {
  test(`a body that was kept is used: ${name}`, async () => {
    const hooks = new Webhooks({ secrets: [SECRET] });
    const app = Express();
    app.post('/hook', keeper, express(hooks));
    const { url, close } = await listening(app.listen(0));
    const headers = { 'content-type': 'application/json', ...(await hooks.sign('m', BODY)) };
    const post = async (body: string) => (await fetch(url, { method: 'POST', body, headers })).status;
    assert.equal(await post(BODY), 200);
    assert.equal(await post(BODY.replace('票', '查')), 401);
    close();
  });
}

test('other methods are not webhooks', async () => {
  const handler = fetchHandler(new Webhooks({ secrets: [SECRET] }));
  assert.equal((await handler(new Request('http://x/'))).status, 405);
  const used = new Request('http://x/', { method: 'POST', body: BODY });
  await used.text();
  await assert.rejects(handler(used), { webhookReason: 'body_not_raw' });
});
