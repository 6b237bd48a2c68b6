// What is published, installed in an empty folder: `make.sh package` runs it.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import vm from 'node:vm';
import { root, start } from './server.mjs';

const tarballs = join(process.env['CARGO_TARGET_DIR'] ?? join(root, 'target'), 'npm');
const sdk = join(root, 'bindings/node');
const packed = readdirSync(tarballs).filter((name) => name.endsWith('.tgz'));
const main = packed.find((name) => /^zhifuyun-sdk-\d/.test(name)) as string;
const platform = packed.find((name) => name !== main) as string;
const platformName = platform.replace(/^zhifuyun-|-\d.*$/g, '');
const folder = mkdtempSync(join(tmpdir(), 'zhifuyun-package-'));
after(() => rmSync(folder, { recursive: true }));
const server = await start('--conversations', '3', '--plan', 'off');
const env = { ...process.env, CLIENT: JSON.stringify(server.credentials), PATH: join(process.execPath, '..') };
const run = (file: string, more: Record<string, string> = {}) =>
  spawnSync(process.execPath, [file], { cwd: folder, env: { ...env, ...more }, encoding: 'utf8' });

writeFileSync(join(folder, 'package.json'), '{"name":"empty","private":true}');
const install = ['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts', '--silent'];
const tool = (name: string) => join(sdk, 'node_modules/.bin', name);
const CALL = `new Client(JSON.parse(process.env.CLIENT)).conversations.list().then((p) => console.log(p.items.length))`;
writeFileSync(join(folder, 'use.cjs'), `const { Client } = require('@zhifuyun/sdk'); ${CALL}`);
writeFileSync(join(folder, 'use.mjs'), `import { Client } from '@zhifuyun/sdk'; ${CALL}`);

test('without the native package the loader explains itself', () => {
  execFileSync('npm', [...install, '--omit=optional', join(tarballs, main)], { cwd: folder });
  const { stderr, status } = run('use.cjs');
  assert.equal(status, 1);
  assert.match(stderr, /cannot load its native half for [a-z0-9-]+ \(Node\.js v/);
  assert.match(stderr, /tried @zhifuyun\/sdk-/);
  assert.match(stderr, /--omit=optional/);
  assert.match(run('use.cjs', { ZHIFUYUN_NATIVE: '/nowhere/x.node' }).stderr, /ZHIFUYUN_NATIVE names this file/);
});

test('with it ES modules and CommonJS work', () => {
  execFileSync('npm', [...install, join(tarballs, main), join(tarballs, platform)], { cwd: folder });
  for (const file of ['use.cjs', 'use.mjs']) assert.equal(run(file).stdout, '3\n', file);
  const native = readdirSync(join(folder, 'node_modules/@zhifuyun', platformName));
  assert.deepEqual(native.sort(), ['LICENSE-APACHE', 'LICENSE-MIT', 'package.json', 'zhifuyun.node']);
});

test('the tarball of a checkout is whole by itself', { timeout: 600_000 }, () => {
  const alone = mkdtempSync(join(tmpdir(), 'zhifuyun-checkout-'));
  try {
    const tarball = execFileSync('npm', ['pack', '--silent', '--pack-destination', alone], {
      cwd: sdk,
      encoding: 'utf8',
    });
    writeFileSync(join(alone, 'package.json'), '{"name":"empty","private":true}');
    execFileSync('npm', [...install, join(alone, tarball.trim())], { cwd: alone });
    writeFileSync(join(alone, 'use.mjs'), `import { Client } from '@zhifuyun/sdk'; ${CALL}`);
    const { stdout } = spawnSync(process.execPath, ['use.mjs'], { cwd: alone, env, encoding: 'utf8' });
    assert.equal(stdout, '3\n');
  } finally {
    rmSync(alone, { recursive: true });
  }
});

test('there is no install script, and nothing is published by accident', () => {
  const installed = join(folder, 'node_modules/@zhifuyun/sdk');
  const { scripts, dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  assert.deepEqual([scripts, dependencies], [undefined, undefined]);
  const published = ['LICENSE-APACHE', 'LICENSE-MIT', 'README.md', 'dist', 'package.json'];
  assert.deepEqual(readdirSync(installed).sort(), published);
});

test('publint and attw have nothing to say', () => {
  execFileSync(tool('publint'), ['run', '--strict', join(tarballs, main)], { stdio: 'pipe' });
  execFileSync(tool('attw'), [join(tarballs, main)], { stdio: 'pipe', env: process.env });
});

test('the types serve a strict program', () => {
  writeFileSync(
    join(folder, 'use.mts'),
    `import { Client, type Call, type Conversation, type Page } from '@zhifuyun/sdk';
     import { Webhooks } from '@zhifuyun/sdk/webhooks';
     import { fetch } from '@zhifuyun/sdk/webhooks/fetch';
     declare const client: Client;
     const page: Call<Page<Conversation>> = client.conversations.list({ status: 'a value of tomorrow' });
     for await (const c of client.conversations.iter()) { const when: Date | undefined = c.createdAt; void when; }
     new Webhooks({ secrets: [] }).on('ticket.created', (e) => e.data.ticketId?.length).on('conversation.closed', (e) => e.data.userId);
     // @ts-expect-error there is no such filter
     client.tickets.list({ colour: 'red' });
     // @ts-expect-error tickets have no such field
     new Webhooks({ secrets: [] }).on('ticket.created', (e) => e.data.channel);
     export { page, fetch };`,
  );
  for (const [module, resolution] of [
    ['node16', 'node16'],
    ['esnext', 'bundler'],
  ]) {
    const args = ['--noEmit', '--strict', '--target', 'es2022', '--module', module, '--moduleResolution', resolution];
    const types = ['--typeRoots', join(sdk, 'node_modules/@types'), '--types', 'node'];
    execFileSync(tool('tsc'), [...args, ...types, 'use.mts'] as string[], { cwd: folder, stdio: 'pipe' });
  }
});

test('webhooks run where there is no Node.js', async () => {
  writeFileSync(
    join(folder, 'edge.mjs'),
    `import { Webhooks } from '@zhifuyun/sdk/webhooks'; import { fetch } from '@zhifuyun/sdk/webhooks/fetch';
     globalThis.edge = { Webhooks, fetch };`,
  );
  const { buildSync } = createRequire(import.meta.url)('esbuild') as typeof import('esbuild');
  const options = { bundle: true, platform: 'neutral', format: 'iife', write: false } as const;
  const { outputFiles } = buildSync({
    ...options,
    entryPoints: [join(folder, 'edge.mjs')],
    mainFields: ['module', 'main'],
  });
  const code = outputFiles?.[0]?.text as string;
  assert.doesNotMatch(code, /require\("node:|from "node:/);
  const web = {
    crypto,
    TextEncoder,
    TextDecoder,
    atob,
    btoa,
    Request,
    Response,
    Headers,
    Uint8Array,
    ArrayBuffer,
    performance,
  };
  const context = vm.createContext({ ...web, console }) as {
    edge: typeof import('@zhifuyun/sdk/webhooks') & { fetch: never };
  };
  vm.runInContext(code, context);
  const hooks = new context.edge.Webhooks({ secrets: ['whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA='] });
  const body = '{"event":"ticket.created","data":{"ticket_id":"t"}}';
  const event = await hooks.verify(await hooks.sign('m', body), body);
  assert.deepEqual([event.type, event.known], ['ticket.created', true]);
});
