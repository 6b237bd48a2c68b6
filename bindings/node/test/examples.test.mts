// The examples, compiled and run as a user does it, against the mock server.
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { root, start } from './server.mjs';

const examples = join(root, 'examples/node');
const server = await start('--conversations', '2000', '--tickets', '150', '--plan', 'off');
const folder = mkdtempSync(join(tmpdir(), 'zhifuyun-examples-'));
after(() => rmSync(folder, { recursive: true }));
const { clientId, clientSecret, baseUrl } = server.credentials;
const env = {
  ...process.env,
  ZHIFUYUN_CLIENT_ID: clientId,
  ZHIFUYUN_CLIENT_SECRET: clientSecret,
  ZHIFUYUN_BASE_URL: baseUrl,
  ZHIFUYUN_WEBHOOK_SECRET: server.webhookSecret,
  PORT: '0',
};
execFileSync(join(root, 'bindings/node/node_modules/.bin/tsc'), ['-p', examples], { stdio: 'inherit' });

const run = async (name: string, ...args: string[]) => {
  const options = { env, cwd: folder, timeout: 30_000 };
  return (await promisify(execFile)(process.execPath, [join(examples, `dist/${name}.js`), ...args], options)).stdout;
};

test('package.json names every package that they import', () => {
  const { dependencies } = JSON.parse(readFileSync(join(examples, 'package.json'), 'utf8'));
  for (const file of readdirSync(examples).filter((name) => /\.(ts|mjs)$/.test(name))) {
    const text = readFileSync(join(examples, file), 'utf8');
    for (const [, name] of text.matchAll(/ from '((?:@[^/']+\/)?[^./':][^/':]*)(?:\/[^']*)?'/g)) {
      assert.ok(Object.hasOwn(dependencies, name as string), `${file}: ${name}`);
    }
  }
});

test('quickstart', async () => {
  const out = await run('quickstart');
  assert.match(out, /active conversations, the first 5:\n( {2}conv_.*\n){5}began conv_/);
  assert.match(out, /is resolved \(request req_/);
  assert.match(out, /not there: there is no such conversation/);
});

test('export-tickets', async () => {
  assert.match(await run('export-tickets', 'all.csv'), /^15[01] tickets in all\.csv/);
  const lines = readFileSync(join(folder, 'all.csv'), 'utf8').trim().split('\r\n');
  assert.ok(lines.length >= 151);
  assert.equal(lines[0], '\ufeffid,title,status,priority,assigneeId,customerEmail,createdAt,updatedAt'.trim());
});

test('statistics-chart', async () => {
  const out = await run('statistics-chart', '2025-12-01', '2025-12-31', 'chart.svg');
  assert.match(out, /\d+ days drawn in chart\.svg/);
  assert.match(readFileSync(join(folder, 'chart.svg'), 'utf8'), /<rect .*<title>2025-12-\d\d: \d+ conversations/);
});

test('webhook-receiver', async () => {
  const child = spawn(process.execPath, [join(examples, 'dist/webhook-receiver.js')], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  const said = (what: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = (data: Buffer | string) => {
        out += data;
        const found = what.exec(out);
        if (found) resolve(found);
      };
      child.stdout.on('data', look);
      child.once('exit', (code) => reject(new Error(`ended with ${code}; said ${out}`)));
      setTimeout(() => reject(new Error(`did not say ${what}, but ${out}`)), 30_000).unref();
      look('');
    });
  try {
    const url = (await said(/listening on (\S+)/))[1];
    await server.control('POST', '/webhooks', { url, events: ['ticket.created', 'ticket.updated'] });
    await using client = server.client();
    await client.tickets.create({ title: '打印机坏了', description: '…', priority: 'high' });
    await said(/new ticket \S+: 打印机坏了 \(high\)/);
  } finally {
    child.kill();
  }
});
