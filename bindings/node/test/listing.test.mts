// Walking lists: items, pages, reports, early ends.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, NotFoundError } from '@zhifuyun/sdk';
import { start } from './server.mjs';

const server = await start('--conversations', '250', '--tickets', '30', '--plan', 'off');
const client = server.client({ plan: 'off' });

test('iteration: items, pages, report, early end', async () => {
  const list = client.conversations.iter({ endTime: new Date() });
  const { passes, items, stoppedBy } = list.report;
  assert.deepEqual([passes, items, stoppedBy], [1, 0, 'not_finished'], 'as the core says it');
  const ids = new Set<string>();
  for await (const c of list) ids.add(c.id);
  assert.ok(ids.size >= 250);
  assert.equal(list.report.complete, true);
  assert.equal(list.report.items, ids.size);
  const pages = client.tickets.iter({ limit: 7 }, { prefetch: 2 });
  let count = 0;
  for await (const page of pages.pages()) count += page.items.length;
  assert.equal(count, (await client.tickets.iter().toArray()).length);
  const short = client.conversations.iter({}, { maxItems: 5, consistency: 'strict' });
  assert.equal((await short.toArray()).length, 5);
  for await (const c of client.conversations.iter()) {
    assert.ok(c.id);
    break;
  }
});

test('an error does not end an iterator', async () => {
  await server.control('POST', '/faults', {
    match: { path: '/v1/tickets' },
    when: { first: 1 },
    action: { status: 404 },
  });
  const items = client.tickets.iter()[Symbol.asyncIterator]();
  await assert.rejects(items.next(), NotFoundError);
  assert.ok((await items.next()).value.id);
});

test('two readers of one iterator lose nothing', async () => {
  const list = client.conversations.iter({ limit: 50 });
  const items = list[Symbol.asyncIterator]();
  const ids: string[] = [];
  const reader = async () => {
    for (let next = await items.next(); !next.done; next = await items.next()) ids.push(next.value.id);
  };
  await Promise.all([reader(), reader(), reader()]);
  const { total } = await client.conversations.list();
  assert.deepEqual([ids.length, new Set(ids).size], [total, total]);
  const pages = list.pages();
  const numbers = (await Promise.all([pages.next(), pages.next(), pages.next()])).map((p) => p.value.page);
  assert.deepEqual(numbers, [1, 2, 3]);
  assert.equal(list.report.pages, 3);
});

test('an iteration ends where it is told to', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  let seen = 0;
  const aborted = async () => {
    for await (const _ of client.conversations.iter({}, { signal: controller.signal, maxItems: 50 })) {
      if (++seen === 3) controller.abort(reason);
    }
  };
  await assert.rejects(aborted(), reason);
  assert.equal(seen, 3, 'also within a page that is there already');

  const list = client.conversations.iter({ limit: 10 }, { prefetch: 4 });
  const items = list[Symbol.asyncIterator]();
  await items.next();
  const { pages } = list.report;
  await items.return();
  assert.deepEqual([await items.next(), list.report.pages], [{ value: undefined, done: true }, pages]);
  await assert.rejects(client.tickets.iter()[Symbol.asyncIterator]().throw(reason), reason);

  await server.control('POST', '/faults', { match: { path: '/v1/tickets' }, action: { delay_ms: 30_000 } });
  try {
    await using waiting = client.tickets.iter()[Symbol.asyncIterator]();
    const next = waiting.next();
    await waiting.return();
    assert.equal((await next).done, true, 'a reader that waits is told');
  } finally {
    await server.control('DELETE', '/faults');
  }
});

test('pages that were asked for ahead arrive while their reader is busy', async () => {
  const own = await start('--conversations', '1000', '--plan', 'off');
  const asked = async () => {
    const { entries } = (await own.control('GET', '/journal')) as { entries: { path: string }[] };
    return entries.filter((entry) => entry.path === '/v1/conversations').length;
  };
  const patience = 1500;
  await using client = own.client({ plan: 'off', attemptTimeoutMs: patience, maxRetries: 0 });
  const pages = client.conversations.iter({}, { prefetch: 4 }).pages();
  const items = (await pages.next()).value.items.length;
  while ((await asked()) < 5) await sleep(10);
  await sleep(patience + 500); // Longer than an attempt may take: the answers must not wait for a reader.
  let count = items;
  for await (const page of pages) count += page.items.length;
  assert.equal(count, 1000);
});

/** A server that answers the first page and lets all others wait, or as `later` says; and who waits. */
async function slowServer(later?: (page: number) => string | undefined) {
  const waiting = new Set<unknown>();
  let changed = () => {};
  const until = async (count: number) => {
    while (waiting.size !== count) await new Promise<void>((resolve) => (changed = resolve));
  };
  const items = Array.from({ length: 10 }, (_, n) => ({ id: `c${n}` }));
  const api = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    const page = Number(new URL(request.url as string, 'http://x').searchParams.get('page'));
    const body = later?.(page);
    if (request.method === 'POST') response.end('{"access_token":"t","token_type":"Bearer","expires_in":3600}');
    else if (page === 1) response.end(JSON.stringify({ code: 200, data: { total: 50, page, limit: 10, items } }));
    else if (body) response.end(body);
    else {
      waiting.add(response);
      response.on('close', () => {
        waiting.delete(response);
        changed();
      });
      changed();
    }
  }).listen(0, '127.0.0.1');
  await once(api, 'listening');
  const baseUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
  const client = new Client({ clientId: 'a', clientSecret: 'b', baseUrl, plan: 'off' });
  const close = async () => {
    await client.close();
    api.close();
  };
  return { client, until, [Symbol.asyncDispose]: close };
}

// What is not dropped would wait for longer than a test may take.
const dropping = { timeout: 20_000 };

test('pages that were asked for ahead are dropped with their iteration', dropping, async () => {
  await using slow = await slowServer();
  const list = slow.client.conversations.iter({ limit: 10 }, { prefetch: 3 });
  for await (const _ of list) {
    await slow.until(3);
    break;
  }
  await slow.until(0);
  assert.equal(list.report.pages, 1);
});

test('an abort drops them too: while a page is waited for, and between two', dropping, async () => {
  for (const waits of [true, false]) {
    await using slow = await slowServer();
    const controller = new AbortController();
    const pages = slow.client.conversations.iter({ limit: 10 }, { prefetch: 3, signal: controller.signal }).pages();
    await pages.next();
    await slow.until(3);
    const rejects = () => assert.rejects(pages.next(), { name: 'AbortError' });
    const rejected = waits ? rejects() : undefined;
    controller.abort();
    await slow.until(0);
    await (rejected ?? rejects());
  }
});

test('so does an error of toArray()', dropping, async () => {
  await using slow = await slowServer((page) => (page === 2 ? 'no JSON' : undefined));
  await assert.rejects(slow.client.conversations.iter({ limit: 10 }, { prefetch: 3 }).toArray(), { kind: 'decode' });
  await slow.until(0);
});
