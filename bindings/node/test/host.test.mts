// What only a Node.js program can show: exit, signals, workers, aborts, memory, several copies.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { command, root, start } from './server.mjs';

const server = await start('--conversations', '100', '--plan', 'off');
const slow = { match: { path: '/v1/statistics' }, action: { delay_ms: 30_000 } };
await server.control('POST', '/faults', slow);

const sdk = join(root, 'bindings/node');
const env = { ...process.env, SDK: sdk, MOCK: command, CLIENT: JSON.stringify({ ...server.credentials, plan: 'off' }) };
const HEAD = `const { Client } = require(process.env.SDK); const client = new Client(JSON.parse(process.env.CLIENT));`;
const run = (code: string, args: string[] = []) =>
  promisify(execFile)(process.execPath, [...args, '-e', `${HEAD}\n${code}`], { env, timeout: 60_000 });

test('exits by itself within a second with idle connections', async () => {
  const { stdout } = await run(`
    Promise.all(Array.from({ length: 20 }, () => client.tickets.list())).then(() => {
      const began = process.hrtime.bigint();
      process.on('exit', () => console.log(Number(process.hrtime.bigint() - began) / 1e6));
    });`);
  assert.ok(Number(stdout) < 1000, stdout);
});

test('calls under way keep the process alive, an unused client does not', async () => {
  assert.equal((await run(`client.tickets.list().then(() => console.log('done'))`)).stdout, 'done\n');
  assert.equal((await run('')).stdout, '');
});

test('after close() calls under way do not keep the process alive', async () => {
  const { stdout } = await run(`
    client.authenticate().then(() => {
      for (let i = 0; i < 3; i++) client.statistics.get().then(() => console.log('ended'), () => console.log('failed'));
      const other = new Client(JSON.parse(process.env.CLIENT));
      other.tickets.list().then(() => console.log('the other client is waited for'));
      setTimeout(() => client.close(), 50);
    });`);
  assert.equal(stdout, 'the other client is waited for\n');
});

test('a mock server that was forgotten does not keep the process alive', async () => {
  const { stdout } = await run(`
    const { MockServer } = require(process.env.SDK + '/dist/testing');
    MockServer.start({ command: process.env.MOCK }).then((server) => console.log(server.url));`);
  await assert.rejects(fetch(stdout.trim()), 'and it ends with the process');
});

test('process.exit() with 500 calls in flight', async () => {
  const { stdout } = await run(`
    for (let i = 0; i < 500; i++) client.statistics.get().catch(() => {});
    setTimeout(() => { console.log('leaving'); process.exit(0); }, 200);`);
  assert.equal(stdout, 'leaving\n');
});

test('SIGTERM with 500 calls in flight', async () => {
  const code = `${HEAD} for (let i = 0; i < 500; i++) client.statistics.get().catch(() => {});
    setTimeout(() => console.log('ready'), 200);`;
  const child = spawn(process.execPath, ['-e', code], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((ready) => child.stdout.once('data', ready));
  const began = performance.now();
  const gone = new Promise((resolve) => child.once('exit', (status, signal) => resolve([status, signal])));
  child.kill('SIGTERM');
  assert.deepEqual(await gone, [null, 'SIGTERM']);
  assert.ok(performance.now() - began < 10_000, 'not for as long as the calls take');
});

test('100 workers load it and are terminated mid-flight', { timeout: 120_000 }, async () => {
  const code = `${HEAD}
    for (let i = 0; i < 20; i++) { client.conversations.list({ limit: 100 }).catch(() => {}); client.statistics.get().catch(() => {}); }
    require('node:worker_threads').parentPort.postMessage('started');`;
  for (let i = 0; i < 100; i++) {
    const worker = new Worker(code, { eval: true, env: env as NodeJS.ProcessEnv });
    await new Promise((started, failed) => {
      worker.once('message', started);
      worker.once('error', failed);
    });
    if (i % 3 === 0) await sleep(i % 7);
    await worker.terminate();
  }
  await using client = server.client({ plan: 'off' });
  assert.ok((await client.conversations.list()).total);
});

// A call that is still held would keep the process from ending by itself.
test('5,000 aborts leave nothing behind', { timeout: 60_000 }, async () => {
  const { stdout } = await run(`
    (async () => {
      await client.authenticate();
      let aborted = 0;
      for (let round = 0; round < 50; round++) {
        const controller = new AbortController();
        const { signal } = controller;
        const count = (e) => { aborted += Number(e.name === 'AbortError'); };
        const calls = Array.from({ length: 100 }, (_, i) =>
          (i % 2 ? client.statistics.get({}, { signal }) : client.tickets.list({}, { signal })).catch(count));
        if (round % 2) await new Promise((later) => setTimeout(later, 1));
        controller.abort();
        await Promise.all(calls);
      }
      const { total } = await client.conversations.list();
      console.log(JSON.stringify({ aborted, total }));
    })();`);
  const { aborted, total } = JSON.parse(stdout);
  assert.ok(aborted >= 2500 && total === 100, stdout);
});

// A server that only writes bytes, so that 100,000 pages take seconds.
const CANNED = `
  const { createServer } = require('node:net');
  const answer = (body) => 'HTTP/1.1 200 OK\\r\\ncontent-type: application/json\\r\\ncontent-length: ' +
    Buffer.byteLength(body) + '\\r\\n\\r\\n' + body;
  const token = answer(JSON.stringify({ access_token: 't', token_type: 'Bearer', expires_in: 3600 }));
  const item = (n) => ({ id: 'conv_' + n, user_id: '用户' + n, channel: 'web', status: 'active', created_at: '2024-01-01T10:00:00Z', more: [n] });
  const items = Array.from({ length: 10 }, (_, n) => item(n));
  const page = answer(JSON.stringify({ code: 200, data: { total: 10, page: 1, limit: 20, items } }));
  const server = createServer((socket) => socket.on('data', (d) => socket.write(d[0] === 80 ? token : page)).on('error', () => {}));
  server.listen(0, '127.0.0.1', () => require('node:worker_threads').parentPort.postMessage(server.address().port));`;

test('memory does not grow over 100,000 pages', { timeout: 240_000 }, async () => {
  const code = `
    const { Client } = require(process.env.SDK);
    const server = new (require('node:worker_threads').Worker)(process.env.CANNED, { eval: true });
    server.once('message', async (port) => {
      const client = new Client({ clientId: 'a', clientSecret: 'b', baseUrl: 'http://127.0.0.1:' + port, plan: 'off', timeoutMs: 60_000 });
      const lap = async (left) => {
        const worker = async () => { while (left-- > 0) await client.conversations.list(); };
        await Promise.all(Array.from({ length: 32 }, worker));
        globalThis.gc();
        return process.memoryUsage().rss / 2 ** 20;
      };
      const before = await lap(20_000);
      const after = await lap(80_000);
      console.log(JSON.stringify({ before, after }));
      process.exit();
    });`;
  const options = { env: { ...env, CANNED }, timeout: 230_000 };
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '-e', code], options);
  const { before, after } = JSON.parse(stdout) as { before: number; after: number };
  assert.ok(after - before < 24, stdout);
});

test('who keeps ids does not keep the texts beside them', async () => {
  const { stdout } = await run(
    `
    const pages = 40;
    const item = (n) => ({ id: 'ticket_00000000_' + n, title: 'The printer does not print', description: 'd'.repeat(2000) });
    const server = require('node:http').createServer((request, response) => {
      response.setHeader('content-type', 'application/json');
      const page = Number(new URL(request.url, 'http://x').searchParams.get('page'));
      const items = Array.from({ length: page > pages ? 0 : 100 }, (_, n) => item(page * 100 + n));
      const token = { access_token: 't', token_type: 'Bearer', expires_in: 3600 };
      response.end(JSON.stringify(page ? { code: 200, data: { total: pages * 100, page, limit: 100, items } } : token));
    });
    server.listen(0, async () => {
      const baseUrl = 'http://127.0.0.1:' + server.address().port;
      const ids = [];
      const used = () => { gc(); return process.memoryUsage().heapUsed; };
      const before = used();
      for await (const ticket of new Client({ clientId: 'a', clientSecret: 'b', baseUrl, plan: 'off' }).tickets.iter()) ids.push(ticket.id);
      console.log(ids.length, used() - before);
      process.exit();
    });`,
    ['--expose-gc'],
  );
  const [kept, bytes] = stdout.split(' ').map(Number) as [number, number];
  assert.ok(kept === 4000 && bytes < kept * 500, stdout);
});

test('several copies in one process', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'zhifuyun-copies-'));
  try {
    const copies = ['a', 'b'].map((name) => {
      const copy = join(directory, name);
      for (const part of ['dist', 'package.json', 'zhifuyun.node'])
        cpSync(join(sdk, part), join(copy, part), { recursive: true });
      return copy;
    });
    const { stdout } = await run(`
      const clients = ${JSON.stringify(copies)}.map((path) => new (require(path).Client)(JSON.parse(process.env.CLIENT)));
      Promise.all([client, ...clients].map((c) => c.conversations.list({ limit: 1 }))).then((pages) =>
        console.log(pages.map((p) => p.items.length).join()));`);
    assert.equal(stdout, '1,1,1\n');
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('a native half that does not load is told from one that is not there', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'zhifuyun-loader-'));
  const code = `try { require(process.env.SDK); } catch (e) { console.log(JSON.stringify([e.code, e.cause?.code ?? null, e.message])); }`;
  const refusal = async (name: string, content?: string) => {
    const path = join(directory, name);
    if (content !== undefined) writeFileSync(path, content);
    const options = { env: { ...env, ZHIFUYUN_NATIVE: path } };
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', code], options);
    return JSON.parse(stdout) as [string, string | null, string];
  };
  try {
    const [missing, broken, other] = [
      await refusal('nowhere.node'),
      await refusal('broken.node', 'no library'),
      await refusal('other.cjs', `exports.version = () => '9.9.9'`),
    ];
    assert.deepEqual(
      [missing, broken, other].map(([c, cause]) => [c, cause]),
      [
        ['ERR_ZHIFUYUN_NATIVE', 'MODULE_NOT_FOUND'],
        ['ERR_ZHIFUYUN_NATIVE', 'ERR_DLOPEN_FAILED'],
        ['ERR_ZHIFUYUN_NATIVE', null],
      ],
    );
    assert.match(missing[2], /correct it or unset it/);
    assert.doesNotMatch(missing[2], /cannot be loaded here/);
    assert.match(broken[2], /cannot be loaded here/);
    assert.match(other[2], /is version 9\.9\.9.*\n.*same version of both/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('other Node.js versions that are there', { timeout: 60_000 }, async () => {
  const modules = join(sdk, 'node_modules');
  for (const name of readdirSync(modules).filter((n) => /^node\d\d$/.test(n))) {
    const code = `${HEAD} client.conversations.list({ limit: 1 }).then((p) => console.log(process.versions.node, p.items.length));`;
    const { stdout } = await promisify(execFile)(join(modules, name, 'bin/node'), ['-e', code], { env });
    assert.match(stdout, new RegExp(`^${name.slice(4)}\\..* 1\n$`));
  }
});
