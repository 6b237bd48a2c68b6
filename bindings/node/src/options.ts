import type { ClientEvent } from './events';
import { configError } from './errors';
import { isRecord, wellFormed } from './params';
import { version } from './version';

/** The options of a {@link Client}. */
export interface ClientOptions {
  /** The id of the API key. */
  clientId?: string | undefined;
  /** The secret of the API key. */
  clientSecret?: string | undefined;
  /** The server's address; a path in it is kept. Default `https://api.zhifuyun.com`. */
  baseUrl?: string | undefined;
  /** Total time of a call in milliseconds: waiting for a turn, token, all attempts and pauses. Default 90,000. */
  timeoutMs?: number | undefined;
  /** Time of one attempt in milliseconds. Default 30,000. */
  attemptTimeoutMs?: number | undefined;
  /** Time for a connection in milliseconds. Default 5,000. */
  connectTimeoutMs?: number | undefined;
  /** How often a failed attempt is repeated. Default 2. Writes are repeated only if they surely did not happen. */
  maxRetries?: number | undefined;
  /** The longest wait the server may ask for, in milliseconds. Default 300,000. */
  maxRetryAfterMs?: number | undefined;
  /** The key's plan: `free` (100 a minute), `enterprise` (1,000), a number per minute, `auto` (default) or `off`. */
  plan?: 'free' | 'enterprise' | 'auto' | 'off' | number | undefined;
  /** What to do when the plan has no room: `wait` (default), or `raise` a {@link RateLimitError}. */
  onLimit?: 'wait' | 'raise' | undefined;
  /** The URL of an http, https or socks5 proxy; `false` to ignore the environment's. */
  proxy?: string | false | undefined;
  /** Certificates to trust besides the system's: PEM text, or the path of a PEM file. */
  caBundle?: string | undefined;
  /** Added to the `User-Agent`. */
  userAgent?: string | undefined;
  /** The largest answer in bytes, after decompression. Default 16 MiB. */
  maxResponseBytes?: number | undefined;
  /** How long an idle connection is kept, in milliseconds. Default 20,000. */
  poolIdleTimeoutMs?: number | undefined;
  /** Allows `http://` to other machines, which sends the secret in the clear. */
  allowInsecure?: boolean | undefined;
  /** The offset in which times without one are meant, such as `+08:00`. Without it such times are refused. */
  timeZone?: string | undefined;
  /** For tests: the `clock/advance` URL of a mock server. Waits are skipped and its clock is moved along. */
  testClock?: string | undefined;
  /**
   * Called with what the client does, in batches when answers arrive. What it throws, also later if it is async,
   * becomes a warning of the process.
   */
  onEvent?: ((event: ClientEvent) => unknown) | undefined;
}

const TYPES: Record<Exclude<keyof ClientOptions, 'onEvent'>, 'text' | 'number' | 'boolean' | 'either'> = {
  clientId: 'text',
  clientSecret: 'text',
  baseUrl: 'text',
  timeoutMs: 'number',
  attemptTimeoutMs: 'number',
  connectTimeoutMs: 'number',
  maxRetries: 'number',
  maxRetryAfterMs: 'number',
  plan: 'either',
  onLimit: 'text',
  proxy: 'either',
  caBundle: 'text',
  userAgent: 'text',
  maxResponseBytes: 'number',
  poolIdleTimeoutMs: 'number',
  allowInsecure: 'boolean',
  timeZone: 'text',
  testClock: 'text',
};

const snake = (name: string): string => name.replace(/Ms$/, '').replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);

/** The options as JSON for the native half. No value is ever repeated in an error. */
export function optionsJson(options: ClientOptions): string {
  if (!isRecord(options)) throw configError('the options must be an object with a property for each');
  const out: Record<string, unknown> = { host: `node/${process.versions.node} js/${version}` };
  for (const [name, value] of Object.entries(options)) {
    if (name === 'onEvent') {
      if (value === undefined || value === null) continue;
      if (typeof value !== 'function') throw configError('onEvent must be a function');
      out['events'] = true;
      continue;
    }
    const type = Object.hasOwn(TYPES, name) ? TYPES[name as keyof typeof TYPES] : undefined;
    if (!type) throw configError(`there is no option ${name.slice(0, 64)}`);
    if (value === undefined || value === null) continue;
    out[snake(name)] = converted(name, type, value);
  }
  return JSON.stringify(out);
}

function converted(name: string, type: string, value: unknown): unknown {
  if (typeof value === 'string' && type !== 'number' && type !== 'boolean') return wellFormed(name, value);
  if (typeof value === 'boolean' && (type === 'boolean' || name === 'proxy')) return value;
  if (typeof value === 'number' && (type === 'number' || name === 'plan')) {
    if (!Number.isFinite(value)) throw configError(`${name} must be a finite number, not ${value}`);
    return name.endsWith('Ms') ? value / 1000 : value;
  }
  throw configError(`${name} has the wrong type: it is a ${typeof value}`);
}

/** The options that the environment gives, with `overrides` on top. */
export function fromEnvironment(overrides: ClientOptions): ClientOptions {
  const read = (name: string) => process.env[name] || undefined;
  const needed = (name: string, given: string | undefined) => {
    const value = given ?? read(name);
    if (value === undefined) {
      throw configError(`the environment variable ${name} is not set; set it or pass the value`);
    }
    return value;
  };
  return {
    ...overrides,
    clientId: needed('ZHIFUYUN_CLIENT_ID', overrides.clientId),
    clientSecret: needed('ZHIFUYUN_CLIENT_SECRET', overrides.clientSecret),
    baseUrl: overrides.baseUrl ?? read('ZHIFUYUN_BASE_URL'),
    plan: overrides.plan ?? (read('ZHIFUYUN_PLAN') as ClientOptions['plan']),
  };
}
