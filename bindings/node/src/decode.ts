import { camel, type Timing } from './errors';
import { Conversation, type Extra, type Meta, Page, Statistics, Ticket, Trend } from './models';

// Counterpart of native/encode.rs: texts of short strings, of long ones and of what is beyond ASCII, and one run of numbers.
// Module state instead of a cursor object: decoding never yields, and this is the hot path.
let text = '';
let long = '';
let wide = '';
let numbers: Float64Array = new Float64Array(0);
let t = 0;
let l = 0;
let w = 0;
let n = 0;

/** The enum lists, in the order of the native half. A test compares them. */
export const TOKENS = {
  channel: ['web'],
  conversationStatus: ['active', 'closed'],
  ticketStatus: ['open', 'pending', 'resolved', 'closed'],
  priority: ['low', 'medium', 'high', 'urgent'],
} as const;

/** The longest string in `text`; native/encode.rs says why. */
const SHORT = 64;

const NOTHING: Extra = Object.freeze({});

function number(): number {
  return numbers[n++] as number;
}

function optionalNumber(): number | undefined {
  const value = number();
  return value !== value ? undefined : value;
}

function string(): string {
  return cut(number());
}

function cut(column: number): string {
  // As an integer: V8 cuts at others by a detour, and keeps a sum of them in a box of its own.
  const length = column | 0;
  if (length < 0) return wide.slice(w, (w -= length));
  return length > SHORT ? long.slice(l, (l += length)) : text.slice(t, (t += length));
}

function optionalString(): string | undefined {
  const length = number();
  return length === length ? cut(length) : undefined;
}

function token(known: readonly string[]): string | undefined {
  const position = number();
  if (position >= 0) return known[position];
  return position < 0 ? string() : undefined;
}

function date(): Date | undefined {
  const ms = number();
  return ms !== ms ? undefined : new Date(ms);
}

function extra(): Extra {
  const json = optionalString();
  return json === undefined ? NOTHING : (JSON.parse(json) as Extra);
}

class CallMeta implements Meta {
  constructor(
    readonly httpStatus: number,
    readonly code: number | undefined,
    readonly attempts: number,
    readonly waitedMs: number,
    readonly timing: Timing,
    readonly requestId: string | undefined,
  ) {}
}

function meta(): Meta {
  const httpStatus = number();
  const code = optionalNumber();
  const attempts = number();
  const timing = { totalMs: number(), queuedMs: number(), tokenMs: number(), backoffMs: number(), networkMs: number() };
  return new CallMeta(httpStatus, code, attempts, timing.queuedMs + timing.backoffMs, timing, optionalString());
}

/** Reads one record of a kind. */
export type Decode<T> = (meta: Meta) => T;

export const conversation: Decode<Conversation> = (m) =>
  new Conversation(
    m,
    string(),
    optionalString(),
    token(TOKENS.channel),
    token(TOKENS.conversationStatus),
    date(),
    date(),
    extra(),
  );

export const ticket: Decode<Ticket> = (m) =>
  new Ticket(
    m,
    string(),
    optionalString(),
    optionalString(),
    token(TOKENS.ticketStatus),
    token(TOKENS.priority),
    optionalString(),
    optionalString(),
    date(),
    date(),
    extra(),
  );

const trend: Decode<Trend> = (m) => new Trend(m, optionalString(), optionalNumber(), optionalNumber(), extra());

function list<T>(decode: Decode<T>, m: Meta): T[] {
  const length = number();
  const items = new Array<T>(length);
  for (let i = 0; i < length; i++) items[i] = decode(m);
  return items;
}

export const statistics: Decode<Statistics> = (m) =>
  new Statistics(m, optionalNumber(), optionalNumber(), optionalNumber(), optionalNumber(), list(trend, m), extra());

function page<T>(decode: Decode<T>): Page<T> {
  const m = meta();
  const total = optionalNumber();
  const [number_, limit, hasNext] = [number(), number(), number() === 1];
  const beyond = extra();
  return new Page(m, list(decode, m), total, number_, limit, hasNext, beyond);
}

/** What a completion is: the numbers of native/encode.rs. */
export const enum Shape {
  Done = 0,
  Record = 1,
  Page = 2,
  Error = 3,
}

/** Decodes a completion. `undefined` for success without a value. */
export function decode<T>(
  shape: Shape,
  decoder: Decode<T>,
  short: string,
  more: string,
  utf16: string,
  columns: Float64Array,
): T | Page<T> | undefined {
  text = short;
  long = more;
  wide = utf16;
  numbers = columns;
  t = l = w = n = 0;
  try {
    if (shape === Shape.Page) return page(decoder);
    return shape === Shape.Record ? decoder(meta()) : undefined;
  } finally {
    text = long = wide = '';
  }
}

/** Keys in camel case; durations in seconds, which `spans` names, become milliseconds. */
export function camelKeys(object: Record<string, unknown>, spans: readonly string[] = []): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(object)) {
    if (spans.includes(key)) out[`${camel(key)}Ms`] = (value as number) * 1000;
    else out[camel(key)] = value === null ? undefined : value;
  }
  return out;
}
