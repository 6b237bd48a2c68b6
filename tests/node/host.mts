// The steps that call the library.
import { Client, type ClientOptions, type Conversation, type Listing, type Ticket } from '@zhifuyun/sdk';
import { type MemoryReplayGuard, schemeFromJson, Webhooks } from '@zhifuyun/sdk/webhooks';
import { at, type Dict, type Json, keys } from './matching.mjs';
import * as project from './project.mjs';

/** What became of a step. An iteration may have brought items before it failed. */
export interface Outcome {
  result?: Json;
  error?: Dict;
}

const CLIENT = [
  ...['client_id', 'client_secret', 'base_url', 'plan', 'on_limit', 'max_retries', 'proxy', 'ca_bundle', 'user_agent'],
  ...['max_response_bytes', 'allow_insecure', 'time_zone', 'test_clock'],
];
const SPANS = ['timeout', 'attempt_timeout', 'connect_timeout', 'max_retry_after', 'pool_idle_timeout'];

function adapted(what: string, options: Json | undefined, plain: string[], spans: string[]): Record<string, unknown> {
  const given = Object.entries(keys(what, options ?? {}, [...plain, ...spans]));
  const one = ([name, v]: [string, Json]) =>
    spans.includes(name) ? [`${project.camel(name)}Ms`, Number(v) * 1000] : [project.camel(name), v];
  return Object.fromEntries(given.map(one));
}

export const client = (options: Dict) => new Client(adapted('client', options, CLIENT, SPANS) as ClientOptions);

/** Arguments as users write them: times as dates where a date can hold them. */
function args(given: Json | undefined): Record<string, unknown> {
  const one = ([name, v]: [string, Json]) => {
    const exact =
      name.endsWith('_time') && typeof v === 'string' && /^\d{4}-.*T[^.]*(\.\d{1,3})?(Z|[+-]\d\d:\d\d)$/.test(v);
    return [project.camel(name), exact && !Number.isNaN(Date.parse(v)) ? new Date(v) : v];
  };
  return Object.fromEntries(Object.entries((given ?? {}) as Dict).map(one));
}

const outcome = async (work: () => Promise<Json>): Promise<Outcome> => {
  try {
    return { result: await work() };
  } catch (e) {
    return { error: project.error(e) };
  }
};

export function call(c: Client, name: string, given: Json | undefined, overrides: Json | undefined): Promise<Outcome> {
  const { id, ...rest } = args(given);
  const all = given === undefined ? {} : args(given);
  const options = adapted('options', overrides, ['max_retries'], ['timeout']);
  const calls: Record<string, () => unknown> = {
    'conversations.list': () => c.conversations.list(all, options),
    'conversations.get': () => c.conversations.get(id as string, options),
    'conversations.create': () => c.conversations.create(all as never, options),
    'tickets.list': () => c.tickets.list(all, options),
    'tickets.create': () => c.tickets.create(all as never, options),
    'tickets.update': () => c.tickets.update(id as string, rest, options),
    'statistics.get': () => c.statistics.get(all, options),
    authenticate: () => c.authenticate(options),
    close: () => c.close(),
  };
  if (name === 'quota') return outcome(async () => project.quota(c.quota()));
  const chosen = calls[name];
  if (!chosen) throw new Error(`unknown call ${name}`);
  return outcome(async () => project.result(await chosen()));
}

export async function iterate(c: Client, step: Dict, afterItem: (count: number) => Promise<void>): Promise<Outcome> {
  const walk = adapted('walk', step['walk'], ['consistency', 'prefetch', 'max_items'], []);
  const options = { ...walk, ...adapted('options', step['options'], ['max_retries'], ['timeout']) };
  const filters = args(step['args']);
  const lists: Record<string, () => Listing<Conversation> | Listing<Ticket>> = {
    'conversations.iter': () => c.conversations.iter(filters, options),
    'tickets.iter': () => c.tickets.iter(filters, options),
  };
  const list = lists[step['iterate'] as string]?.();
  if (!list) throw new Error(`unknown iteration ${step['iterate']}`);
  const items: (Conversation | Ticket)[] = [];
  const read = async (): Promise<Json> => {
    for await (const item of list) {
      items.push(item);
      await afterItem(items.length);
      if (items.length === step['stop_after']) break;
    }
    return null;
  };
  const { error } = await outcome(read);
  const result = project.walked(items, list.report);
  return error ? { result, error } : { result };
}

const SIGN = ['scheme', 'secrets', 'id', 'timestamp', 'body'];
const VERIFY = [
  ...['scheme', 'secrets', 'headers', 'sign_as', 'delivery', 'body', 'body_base64', 'now', 'tolerance'],
  ...['max_body_bytes', 'handler'],
];

/** Verifies or signs a webhook. `inbox` is what the server's own receiver got. */
export function webhook(
  kind: string,
  json: Json,
  guard: MemoryReplayGuard,
  inbox: () => Promise<Json>,
): Promise<Outcome> {
  const spec: Dict = { ...keys(kind, json, kind === 'sign' ? SIGN : VERIFY) };
  return outcome(async () => {
    const hooks = new Webhooks({
      secrets: (spec['secrets'] ?? []) as string[],
      replayGuard: guard,
      ...(spec['scheme'] === undefined ? {} : { scheme: schemeFromJson(JSON.stringify(spec['scheme'])) }),
      ...(spec['tolerance'] === undefined ? {} : { toleranceMs: Number(spec['tolerance']) * 1000 }),
      ...(spec['max_body_bytes'] === undefined ? {} : { maxBodyBytes: Number(spec['max_body_bytes']) }),
    });
    if (spec['delivery'] !== undefined) {
      const delivery = at(await inbox(), `received.${spec['delivery']}`) as Dict;
      spec['headers'] = Object.entries(delivery['headers'] as Dict).map((pair) => pair as Json);
      for (const form of ['body', 'body_base64']) if (delivery[form]) spec[form] = delivery[form] as Json;
    }
    const encoded = spec['body_base64'] as string | undefined;
    const body = encoded === undefined ? Buffer.from(String(spec['body'] ?? '')) : Buffer.from(encoded, 'base64');
    if (kind === 'sign') return hooks.sign(spec['id'] as string, body, Number(spec['timestamp']) * 1000);
    const signed = spec['sign_as'] as string | undefined;
    const headers = signed === undefined ? (spec['headers'] as [string, string][]) : await hooks.sign(signed, body);
    if (spec['handler'] === undefined) {
      const now = spec['now'] === undefined ? Date.now() : Number(spec['now']) * 1000;
      return project.event(await hooks.verify(headers ?? [], body, now));
    }
    let reached: Dict | undefined;
    const failure = new Error('the handler fails');
    const handled = hooks.handle(headers ?? [], body, async (event) => {
      reached = project.event(event);
      if (spec['handler'] === 'fail') throw failure;
      if (spec['handler'] === 'again') await hooks.handle(headers ?? [], body, () => {});
    });
    await handled.catch((e) => {
      if (e !== failure) throw e;
    });
    return reached as Dict;
  });
}
