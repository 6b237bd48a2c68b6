// The contract suite through @zhifuyun/sdk: docs/design/contract.md.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@zhifuyun/sdk';
import { MemoryReplayGuard } from '@zhifuyun/sdk/webhooks';
import { ask, wire } from './control.mjs';
import * as host from './host.mjs';
import { type Dict, type Json, keys, paths, value } from './matching.mjs';
import { error as projectError } from './project.mjs';

const root = join(import.meta.dirname, '../../..');
const longest = 40_000; // milliseconds; what hangs has failed
const directory = join(process.env['CONTRACT_DIR'] ?? join(root, 'tests'), 'scenarios');
const only = (process.env['CONTRACT_ONLY'] ?? '')
  .split(',')
  .map((name) => name.trim())
  .filter(Boolean);
const reports = process.env['CONTRACT_REPORTS'] ?? join(root, 'target/contract');
const command = process.env['ZHIFUYUN_MOCK_SERVER'] ?? join(root, 'target/debug/zhifuyun-mock-server');

const names = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.json'))
  .map((file) => relative(directory, join(directory, file)).replaceAll('\\', '/').slice(0, -'.json'.length))
  .filter((name) => only.length === 0 || only.some((beginning) => name.startsWith(beginning)))
  .sort();

let server: ChildProcess;
let serverUrl = '';
const passed: string[] = [];
const failed: { name: string; why: string }[] = [];
const began = performance.now();

before(async () => {
  server = spawn(command, ['--port', '0', '--exit-with-stdin', '--log', 'error'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const line = await new Promise<string>((ready, lost) => {
    server.stdout?.once('data', (data) => ready(String(data)));
    server.once('error', lost);
  });
  serverUrl = JSON.parse(line).url;
});

after(() => {
  server.stdin?.end();
  mkdirSync(reports, { recursive: true });
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  const sorted = {
    runner: 'node',
    passed: passed.sort(),
    failed: failed.sort((a, b) => (a.name < b.name ? -1 : 1)),
    seconds,
  };
  writeFileSync(join(reports, 'node.json'), `${JSON.stringify(sorted, null, 2)}\n`);
});

const hostOf = (url: Json) => new URL(String(url)).host;

async function run(name: string): Promise<void> {
  const text = readFileSync(join(directory, `${name}.json`), 'utf8');
  const raw = JSON.parse(text) as Dict;
  if (raw['name'] !== name) throw new Error('the name is not that of the file');
  const world = (await ask('POST', `${serverUrl}/_mock/worlds`, raw['server'] ?? {})) as Dict;
  try {
    const fill: Dict = { host: hostOf(world['url'] as Json) };
    for (const key of ['url', 'control_url', 'client_id', 'client_secret', 'webhook_secret'])
      fill[key] = world[key] as Json;
    if (raw['gate'] !== undefined) {
      const gate = (await ask('POST', `${world['control_url']}/gates`, raw['gate'])) as Dict;
      const own = {
        gate: gate['url'],
        gate_id: gate['id'],
        gate_ca: gate['ca_file'],
        gate_host: hostOf(gate['url'] as Json),
      };
      Object.assign(fill, own);
    }
    const filled = text.replace(/\{\{(\w+)\}\}/g, (whole, key: string) => (key in fill ? String(fill[key]) : whole));
    await scenario(JSON.parse(filled) as Dict, world);
  } finally {
    await ask('DELETE', `${serverUrl}/_mock/worlds/${world['id']}`);
  }
}

async function scenario(spec: Dict, world: Dict): Promise<void> {
  keys('scenario', spec, ['name', 'why', 'rows', 'server', 'gate', 'client', 'clock', 'steps', 'wire']);
  const control = String(world['control_url']);
  const defaults: Dict = {};
  for (const [option, key] of [
    ['base_url', 'url'],
    ['client_id', 'client_id'],
    ['client_secret', 'client_secret'],
  ] as const) {
    defaults[option] = world[key] as Json;
  }
  if (spec['clock'] === 'test') defaults['test_clock'] = `${control}/clock/advance`;
  else if (spec['clock'] !== undefined && spec['clock'] !== 'real') throw new Error(`unknown clock ${spec['clock']}`);
  const options = (own: Json | undefined): Dict => ({ ...defaults, ...(own as Dict) });
  const secrets = [String(options(spec['client'])['client_secret'] ?? '')];
  let client = host.client(options(spec['client']));
  const guard = new MemoryReplayGuard();
  for (const [number, step] of (spec['steps'] as Dict[]).entries()) {
    const what = `step ${number + 1}`;
    const start = performance.now();
    let outcomes: host.Outcome[];
    if (step['new_client'] !== undefined) {
      keys(what, step, ['new_client', 'expect']);
      secrets.push(String(options(step['new_client'])['client_secret'] ?? ''));
      try {
        client = host.client(options(step['new_client']));
        outcomes = [{ result: {} }];
      } catch (e) {
        outcomes = [{ error: projectError(e) }];
      }
    } else outcomes = await perform(client, what, step, control, guard);
    const elapsed = (performance.now() - start) / 1000;
    for (const outcome of outcomes) check(what, step, outcome, elapsed, secrets);
  }
  await wire(spec['wire'], control, secrets);
}

function tell(control: string, json: Json | undefined): Promise<Json> {
  const { method, path, body } = keys('control', json, ['method', 'path', 'body']);
  return ask(String(method), `${control}${path}`, body);
}

async function perform(client: Client, what: string, step: Dict, control: string, guard: MemoryReplayGuard) {
  const kind = ['call', 'iterate', 'control', 'verify', 'sign', 'sleep_ms'].find((k) => step[k] !== undefined);
  switch (kind) {
    case 'call': {
      keys(what, step, ['call', 'args', 'options', 'times', 'parallel', 'expect']);
      const outcomes: host.Outcome[] = [];
      let left = Number(step['times'] ?? 1);
      const worker = async () => {
        while (left-- > 0) outcomes.push(await host.call(client, String(step['call']), step['args'], step['options']));
      };
      await Promise.all(Array.from({ length: Number(step['parallel'] ?? 1) }, worker));
      return outcomes;
    }
    case 'iterate': {
      keys(what, step, ['iterate', 'args', 'options', 'walk', 'stop_after', 'during', 'expect']);
      const during = ((step['during'] ?? []) as Dict[]).map((entry) => keys(what, entry, ['after_items', 'control']));
      const afterItem = async (count: number) => {
        for (const entry of during) if (entry['after_items'] === count) await tell(control, entry['control']);
      };
      return [await host.iterate(client, step, afterItem)];
    }
    case 'control':
      keys(what, step, ['control', 'expect']);
      return [{ result: await tell(control, step['control']) }];
    case 'sleep_ms':
      keys(what, step, ['sleep_ms']);
      await sleep(Number(step['sleep_ms']));
      return [];
    case undefined:
      throw new Error(`${what}: unknown step`);
    default:
      keys(what, step, [kind, 'expect']);
      return [await host.webhook(kind, step[kind] as Json, guard, () => ask('GET', `${control}/inbox`))];
  }
}

function check(what: string, step: Dict, outcome: host.Outcome, elapsed: number, secrets: string[]): void {
  const expect = keys(`${what}: expect`, step['expect'] ?? {}, ['result', 'error', 'elapsed']);
  const text = JSON.stringify(outcome.error ?? '');
  if (secrets.some((s) => s && text.includes(s)) || text.includes('eyJ')) throw new Error(`${what}: shows a secret`);
  if (expect['error'] !== undefined) {
    if (!outcome.error) throw new Error(`${what}: expected ${JSON.stringify(expect['error'])}, but it succeeded`);
    paths(`${what}: error`, expect['error'], outcome.error);
  } else if (outcome.error) throw new Error(`${what}: failed: ${text}`);
  if (expect['result'] !== undefined) {
    if (outcome.result === undefined) throw new Error(`${what}: there is no result`);
    paths(`${what}: result`, expect['result'], outcome.result);
  }
  if (expect['elapsed'] !== undefined) value(`${what}: elapsed`, expect['elapsed'], elapsed);
}

test('contract', { concurrency: 8 }, async (t) => {
  if (names.length === 0) throw new Error(`no scenario in ${directory}`);
  const scenarios = names.map((name) =>
    t.test(name, async () => {
      try {
        const late = sleep(longest, undefined, { ref: false }).then(() => Promise.reject(new Error('took too long')));
        await Promise.race([run(name), late]);
        passed.push(name);
      } catch (e) {
        failed.push({ name, why: String((e as Error).message) });
        throw e;
      }
    }),
  );
  await Promise.all(scenarios);
});
