// One contender of the bench: `bench.mjs CONTENDER URL`. Reads jobs, a line of JSON each, and answers each with
// {"load", "wall", "cpu", "ops", "check"} in seconds; "load" is what importing and making the contender took.
//
// Peers are written as their documentation recommends, with connections kept alive. "page" reads every field of
// what JSON gives; "page-typed" makes objects with dates of it first, as ours are.
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';

const [name, url] = process.argv.slice(2);
const SMALL = '/v1/conversations/conv_1';
const LIST = '/v1/conversations';
const QUERY = '?page=1&limit=100';
const headers = { authorization: 'Bearer bench' };

const fail = (status) => {
  throw new Error(`status ${status}`);
};
const touched = { last: undefined };
const readWire = (c) => {
  touched.last = c.created_at;
  touched.last = c.updated_at;
  return c.id.length + c.user_id.length + c.channel.length + c.status.length;
};
const readTyped = (c) => {
  touched.last = c.createdAt;
  touched.last = c.updatedAt;
  return c.id.length + c.userId.length + c.channel.length + c.status.length;
};
const sum = (items, read) => {
  let total = 0;
  for (const item of items) total += read(item);
  return total;
};

class Conversation {
  constructor(c) {
    this.id = c.id;
    this.userId = c.user_id;
    this.channel = c.channel;
    this.status = c.status;
    this.createdAt = new Date(c.created_at);
    this.updatedAt = new Date(c.updated_at);
  }
}

/** A peer is a function from a path to the JSON of its answer. */
function peer(json) {
  const page = async () => (await json(LIST + QUERY)).data;
  return {
    small: async () => readWire((await json(SMALL)).data),
    page: async () => {
      const { total, items } = await page();
      return total + sum(items, readWire);
    },
    'page-typed': async () => {
      const { total, items } = await page();
      return (
        total +
        sum(
          items.map((c) => new Conversation(c)),
          readTyped,
        )
      );
    },
    walk: async () => {
      let done = 0;
      for (let number = 1, seen = 0; ; number++) {
        const { total, items } = (await json(`${LIST}?page=${number}&limit=100`)).data;
        done += sum(items, readWire);
        seen += items.length;
        if (items.length === 0 || seen >= total) return done;
      }
    },
    hold: page,
    read: ({ total, items }) => total + sum(items, readWire),
  };
}

function ours({ Client }) {
  const options = { clientId: 'bench', clientSecret: 'bench', baseUrl: url, plan: 'off' };
  const client = new Client(options);
  const list = () => client.conversations.list({ page: 1, limit: 100 });
  const read = ({ total, items }) => total + sum(items, readTyped);
  const walk = (prefetch) => async () => {
    let done = 0;
    for await (const item of client.conversations.iter({}, { prefetch })) done += readTyped(item);
    return done;
  };
  return {
    small: async () => readTyped(await client.conversations.get('conv_1')),
    page: async () => read(await list()),
    'page-typed': async () => read(await list()),
    walk: walk(0),
    'walk-prefetch': walk(4),
    hold: list,
    read,
    clients: () => {
      new Client(options);
      return 0;
    },
  };
}

/** Verifiers are made once from the secret, then called with each webhook. */
const webhook = (make) => ({ make });

const contenders = {
  ours: async () => ours(await import('@zhifuyun/sdk')),
  fetch: async () =>
    peer(async (path) => {
      const answer = await fetch(url + path, { headers });
      return answer.ok ? answer.json() : fail(answer.status);
    }),
  axios: async () => {
    const { default: axios } = await import('axios');
    const { Agent } = await import('node:http');
    const client = axios.create({ baseURL: url, headers, httpAgent: new Agent({ keepAlive: true }) });
    return peer(async (path) => (await client.get(path)).data);
  },
  got: async () => {
    const { default: got } = await import('got');
    const { Agent } = await import('node:http');
    const client = got.extend({ prefixUrl: url, headers, agent: { http: new Agent({ keepAlive: true }) } });
    return peer((path) => client(path.slice(1)).json());
  },
  'openapi-fetch': async () => {
    const { default: createClient } = await import('openapi-fetch');
    const client = createClient({ baseUrl: url, headers });
    const get = async (path, params) => {
      const { data, error } = await client.GET(path, { params });
      return data ?? fail(error);
    };
    return peer((path) => {
      if (path === SMALL) return get('/v1/conversations/{id}', { path: { id: 'conv_1' } });
      const query = Object.fromEntries(new URL(path, url).searchParams);
      return get(LIST, { query });
    });
  },
  'undici.request': async () => {
    const { request } = await import('undici');
    return peer(async (path) => {
      const { statusCode, body } = await request(url + path, { headers });
      return statusCode === 200 ? body.json() : fail(statusCode);
    });
  },
  'undici.Pool': async () => {
    const { Pool } = await import('undici');
    const pool = new Pool(url);
    const own = peer(async (path) => {
      const { statusCode, body } = await pool.request({ method: 'GET', path, headers });
      return statusCode === 200 ? body.json() : fail(statusCode);
    });
    const clients = () => {
      new Pool(url);
      return 0;
    };
    return { ...own, clients };
  },
  'ours-webhook': async () => {
    await import('@zhifuyun/sdk');
    return contenders['ours-typescript']();
  },
  'ours-typescript': async () => {
    const { Webhooks } = await import('@zhifuyun/sdk/webhooks');
    return webhook((secret) => {
      const hooks = new Webhooks({ secrets: [secret] });
      return async (headers, body) => {
        const event = await hooks.verify(headers, body);
        return event.type.length + event.data.title.length;
      };
    });
  },
  standardwebhooks: async () => {
    const { Webhook } = await import('standardwebhooks');
    return webhook((secret) => {
      const hook = new Webhook(secret);
      return (headers, body) => {
        const event = hook.verify(body, headers);
        return event.event.length + event.data.title.length;
      };
    });
  },
  stripe: async () => {
    const { default: Stripe } = await import('stripe');
    const { webhooks } = new Stripe('sk_test_bench');
    return webhook((secret) => (headers, body) => {
      const event = webhooks.constructEvent(body, headers['stripe-signature'], secret);
      return event.event.length + event.data.title.length;
    });
  },
};

async function run(contender, job) {
  const { workload, count } = job;
  if (workload === 'webhook') {
    const verify = contender.make(job.secret);
    const body = Buffer.from(job.body);
    const given = Object.fromEntries(job.headers);
    let total = 0;
    for (let i = 0; i < count; i++) total += await verify(given, body);
    return total;
  }
  if (workload === 'hold') {
    for (let i = 0; i < count; i++) held.push(await contender.hold());
    return sum(held, contender.read);
  }
  const ways = workload.endsWith('-64') ? 64 : 1;
  const operation = workload.replace('-64', '');
  const work = contender[operation] ?? contender[operation.replace('-prefetch', '')];
  const share = async (n) => {
    let total = 0;
    for (let i = n; i < count; i += ways) total += await work();
    return total;
  };
  return sum(await Promise.all(Array.from({ length: ways }, (_, n) => share(n))), (n) => n);
}

const held = [];
const begin = performance.now();
const contender = await contenders[name]();
const load = (performance.now() - begin) / 1e3;
for await (const line of createInterface({ input: process.stdin })) {
  const job = JSON.parse(line);
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const [start, cpu, loop] = [performance.now(), process.cpuUsage(), performance.eventLoopUtilization()];
  const check = await run(contender, job);
  const wall = (performance.now() - start) / 1e3;
  const used = process.cpuUsage(cpu);
  const share = performance.eventLoopUtilization(loop).utilization;
  globalThis.gc?.();
  const grown = (process.memoryUsage().rss - before) / 1024;
  const report = { load, wall, cpu: (used.user + used.system) / 1e6, ops: job.count, check, share, grown_kib: grown };
  process.stdout.write(`${JSON.stringify(report)}\n`);
}
process.exit();
