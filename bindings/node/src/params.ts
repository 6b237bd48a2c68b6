import { configError, invalidArgument } from './errors';

/** How an argument is written in JSON. `time` takes dates; everything else is handed over for the core to judge. */
type Kind = 'plain' | 'time' | 'calendar';

/** The arguments of an operation: name here, name in the API, kind. */
export type Spec = Readonly<Record<string, readonly [string, Kind]>>;

const paging: Spec = { page: ['page', 'plain'], limit: ['limit', 'plain'] };

export const SPECS = {
  'conversations.list': {
    ...paging,
    status: ['status', 'plain'],
    startTime: ['start_time', 'time'],
    endTime: ['end_time', 'time'],
  },
  'conversations.get': { id: ['id', 'plain'] },
  'conversations.create': {
    userId: ['user_id', 'plain'],
    channel: ['channel', 'plain'],
    initialMessage: ['initial_message', 'plain'],
  },
  'tickets.list': {
    ...paging,
    status: ['status', 'plain'],
    priority: ['priority', 'plain'],
    assigneeId: ['assignee_id', 'plain'],
  },
  'tickets.create': {
    title: ['title', 'plain'],
    description: ['description', 'plain'],
    priority: ['priority', 'plain'],
    customerEmail: ['customer_email', 'plain'],
  },
  'tickets.update': { id: ['id', 'plain'], status: ['status', 'plain'], comment: ['comment', 'plain'] },
  'statistics.get': {
    type: ['type', 'plain'],
    startDate: ['start_date', 'calendar'],
    endDate: ['end_date', 'calendar'],
    groupBy: ['group_by', 'plain'],
  },
  authenticate: {},
} satisfies Record<string, Spec>;

/** The name of an operation. */
export type OperationName = keyof typeof SPECS;

/** Not a `Map`, `URLSearchParams`, `Date` or promise: what they hold is no property, and would be passed over in silence. */
export function isRecord(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object Object]';
}

/** Arguments as JSON. What JSON would silently change (NaN, dates, half characters) is refused here. */
export function argsJson(operation: OperationName, args: object | undefined): string {
  if (args === undefined || args === null) return '{}';
  if (!isRecord(args)) {
    throw invalidArgument('arguments', 'the arguments must be one object with a property for each', operation);
  }
  const spec: Spec = SPECS[operation];
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(args)) {
    if (value === undefined || value === null) continue;
    const [wire, kind] = Object.hasOwn(spec, name) ? (spec[name] as Spec[string]) : [name, 'plain' as const];
    if (!Object.hasOwn(spec, name)) throw invalidArgument(name, `there is no argument ${name.slice(0, 64)}`, operation);
    out[wire] = checkedValue(operation, name, kind, value);
  }
  return JSON.stringify(out);
}

function checkedValue(operation: OperationName, name: string, kind: Kind, value: unknown): unknown {
  const refused = (what: string) => invalidArgument(name, `${name} ${what}`, operation);
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'string':
      if (!value.isWellFormed()) throw refused('must be valid Unicode: it has half of a surrogate pair');
      return value;
    case 'number':
      if (!Number.isFinite(value)) throw refused(`must be a finite number, not ${value}`);
      return value;
    case 'bigint':
      throw refused('must be a number, not a bigint');
    case 'object':
      break;
    default:
      throw refused(`must be a value, not a ${typeof value}`);
  }
  if (!(value instanceof Date))
    throw refused(`must be one value, not ${Array.isArray(value) ? 'a list' : 'an object'}`);
  if (kind === 'calendar') {
    throw refused('must be a calendar date such as 2024-01-31: a Date is another day in another time zone');
  }
  if (kind !== 'time') throw refused('must be text or a number, not a Date');
  if (Number.isNaN(value.getTime())) throw refused('is an invalid Date');
  const year = value.getUTCFullYear();
  if (year < 1 || year > 9999) throw refused('must lie in the years 1 to 9999');
  return value.toISOString();
}

/** Overrides of one call. */
export interface CallOptions {
  /** Aborts the call: it rejects with the signal's reason, the request is cancelled, its connection closed. */
  signal?: AbortSignal | undefined;
  /** Total time for this call in milliseconds, over the client's `timeoutMs`. */
  timeoutMs?: number | undefined;
  /** How often a failed attempt is repeated, over the client's `maxRetries`. */
  maxRetries?: number | undefined;
}

/** How to walk a list. */
export interface IterOptions extends CallOptions {
  /**
   * `fast` (default): forward, duplicates dropped. `strict`: nothing that was there from the beginning is lost, also if
   * the list changes meanwhile; costs more requests.
   */
  consistency?: 'fast' | 'strict' | undefined;
  /** How many pages are asked for ahead, 0 (default) to 16. */
  prefetch?: number | undefined;
  /** Stop after so many items. */
  maxItems?: number | undefined;
}

function overrides(operation: string, options: object, names: readonly (readonly [string, string])[]) {
  const out: Record<string, number> = {};
  for (const [name, wire] of names) {
    const value = (options as Record<string, unknown>)[name];
    if (value === undefined || value === null) continue;
    const isNumber = typeof value === 'number' && Number.isFinite(value);
    if (!isNumber) throw invalidArgument(name, `${name} must be a number, not ${shown(value)}`, operation);
    out[wire] = name.endsWith('Ms') ? (value as number) / 1000 : (value as number);
  }
  return Object.keys(out).length === 0 ? undefined : out;
}

function shown(value: unknown): string {
  return typeof value === 'number' ? String(value) : `a ${typeof value}`;
}

function known(operation: string, options: object, names: readonly string[]): void {
  if (!isRecord(options)) throw invalidArgument('options', 'the options of a call must be an object', operation);
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) throw invalidArgument(name, `${name.slice(0, 64)} is no option of a call`, operation);
  }
  const { signal } = options as CallOptions;
  // By its shape: polyfills and other realms have classes of their own.
  const { aborted, addEventListener } = (signal ?? {}) as Partial<AbortSignal>;
  const fits = typeof aborted === 'boolean' && typeof addEventListener === 'function';
  if (signal !== undefined && signal !== null && !fits) {
    throw invalidArgument('signal', 'signal must be an AbortSignal', operation);
  }
}

const OF_A_CALL = [
  ['timeoutMs', 'timeout'],
  ['maxRetries', 'max_retries'],
] as const;
const OF_A_WALK = [
  ['prefetch', 'prefetch'],
  ['maxItems', 'max_items'],
] as const;
const CALL_NAMES = ['signal', 'timeoutMs', 'maxRetries'];
const WALK_NAMES = [...CALL_NAMES, 'consistency', 'prefetch', 'maxItems'];

/** Overrides of a call as JSON. */
export function callJson(operation: string, options: CallOptions | undefined): string | undefined {
  if (options === undefined || options === null) return undefined;
  known(operation, options, CALL_NAMES);
  const out = overrides(operation, options, OF_A_CALL);
  return out && JSON.stringify(out);
}

/** Overrides of a walk's calls, and how to walk, as JSON. */
export function walkJson(operation: string, options: IterOptions | undefined): readonly (string | undefined)[] {
  if (options === undefined || options === null) return [];
  known(operation, options, WALK_NAMES);
  const calls = overrides(operation, options, OF_A_CALL);
  for (const name of ['prefetch', 'maxItems'] as const) {
    const value = options[name];
    if (typeof value === 'number' && !(Number.isSafeInteger(value) && value >= 0)) {
      throw invalidArgument(name, `${name} must be a whole number from 0, not ${value}`, operation);
    }
  }
  const how: Record<string, unknown> = overrides(operation, options, OF_A_WALK) ?? {};
  if (options.consistency !== undefined && options.consistency !== null)
    how['consistency'] = String(options.consistency);
  return [calls && JSON.stringify(calls), JSON.stringify(how)];
}

/** Refuses text with half a surrogate pair in options. */
export function wellFormed(name: string, value: string): string {
  if (!value.isWellFormed()) throw configError(`${name} must be valid Unicode: it has half of a surrogate pair`);
  return value;
}
