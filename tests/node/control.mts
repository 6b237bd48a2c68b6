// The control plane of the mock server, and what its journal must hold.
import { at, type Dict, type Json, keys, paths, value } from './matching.mjs';

/** Asks the control plane; anything but a 2xx answer is an error. */
export async function ask(method: string, url: string, body?: Json): Promise<Json> {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  const answer = await fetch(url, { ...init, headers: { 'content-type': 'application/json' } });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

/** Compares what arrived at the server. The client's secret may only be in requests for a token. */
export async function wire(spec: Json | undefined, control: string, secrets: string[]): Promise<void> {
  const known = ['total', 'token_requests', 'requests', 'counts', 'gaps', 'connections'];
  const expected = keys('wire', spec ?? {}, known);
  const all = at(await ask('GET', `${control}/journal`), 'entries') as Dict[];
  const calls = all.filter((entry) => entry['path'] !== '/oauth/token');
  for (const entry of calls) {
    const text = JSON.stringify(entry);
    if (secrets.some((s) => s && text.includes(s))) throw new Error(`wire: request ${entry['seq']} carries the secret`);
  }
  const connections = new Set(all.map((entry) => entry['connection'])).size;
  const counts = { total: calls.length, token_requests: all.length - calls.length, connections };
  for (const [name, n] of Object.entries(counts))
    if (expected[name] !== undefined) value(`wire.${name}`, expected[name], n);
  const requests = expected['requests'] as Dict[] | undefined;
  if (requests && requests.length !== calls.length)
    throw new Error(`wire: ${calls.length} requests, not ${requests.length}`);
  requests?.forEach((wanted, n) => void paths(`wire.requests.${n}`, wanted, calls[n] as Dict));
  for (const group of (expected['counts'] ?? []) as Dict[]) {
    keys('wire.counts', group, ['where', 'count']);
    const fits = all.filter((entry) =>
      Object.entries(group['where'] as Dict).every(([path, wanted]) => matches({ [path]: wanted }, entry)),
    );
    value(`wire.counts ${JSON.stringify(group['where'])}`, group['count'] as Json, fits.length);
  }
  const seconds = calls.map((entry) => Date.parse(String(entry['at'])) / 1000);
  ((expected['gaps'] ?? []) as Json[]).forEach((wanted, n) => {
    value(
      `wire.gaps.${n}`,
      wanted,
      n + 1 < seconds.length ? (seconds[n + 1] as number) - (seconds[n] as number) : null,
    );
  });
}

function matches(where: Dict, entry: Dict): boolean {
  try {
    paths('', where, entry);
    return true;
  } catch {
    return false;
  }
}
