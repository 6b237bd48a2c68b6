import { refuse } from '../errors';
import type { Extra } from '../models';
import { type EventData, type EventType, KIND_OF, KINDS, NOTHING, Reader } from './payload';
import { cutTime, places } from './places';
import { utf8 } from './runtime';

/** What all events have. */
export interface EventCommon {
  /** The webhook's id, the same in every retry of it; `undefined` if the scheme has none. */
  readonly id: string | undefined;
  /** When it happened, by the body; `undefined` if it was missing or not an instant (then it is in `extra`). */
  readonly timestamp: Date | undefined;
  /** When this attempt was sent, by the signed timestamp; `undefined` if the scheme has none. */
  readonly sentAt: Date | undefined;
  /** What the body held beyond these fields. */
  readonly extra: Extra;
  /** The body as text, as it was signed, without a byte order mark. */
  readonly raw: string;
  /** What identifies this webhook among all that were ever sent: its id, or the SHA-256 of the body. */
  readonly dedupeKey: string;
}

/** An event of a type that this version knows. `event.type` tells which, and with it the type of `data`. */
export type KnownEvent<T extends EventType = EventType> = {
  [K in T]: EventCommon & { readonly known: true; readonly type: K; readonly data: EventData[K] };
}[T];

/** An event of another type, or of a known one whose data is not an object. Answer 200, or it is sent again. */
export type UnknownEvent = EventCommon & { readonly known: false; readonly type: string; readonly data: unknown };

/** A webhook whose signature was good. */
export type WebhookEvent = KnownEvent | UnknownEvent;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** serde_json, which the other languages use, reads 127 levels; deeper JSON must be refused here too. */
const MAX_DEPTH = 127;

/** Half a surrogate pair is no text: U+FFFD takes its place, as in the other languages. */
function mend(json: string): string {
  const escapes = /\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|(u[dD][89a-fA-F][\da-fA-F]{2})|.)/g;
  return json.replace(escapes, (whole, half?: string) => (half ? '\\ufffd' : whole));
}

/** What `JSON.parse` lets through and the other languages refuse. */
function unreadable(value: unknown, levels: number): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'a number out of range';
  if (typeof value !== 'object' || value === null) return undefined;
  if (levels === 0) return 'nested too deeply';
  for (const key in value) {
    const one = (value as Record<string, unknown>)[key];
    const what = typeof one === 'string' ? undefined : unreadable(one, levels - 1);
    if (what) return what;
  }
  return undefined;
}

const notJson = (what: string) =>
  refuse(
    'not_json',
    `the signature is good, but the body is not JSON that can be read (${what}): the sender wrote it wrongly, or the ` +
      'endpoint is subscribed to something else',
  );

const malformed = (what: string) =>
  refuse(
    'malformed_event',
    `the signature is good, but ${what}; an event is an object with \`event\`, \`timestamp\` and \`data\``,
  );

function parsed(body: Uint8Array | string): [raw: string, json: string, value: unknown] {
  let raw: string;
  try {
    raw = typeof body === 'string' ? body : utf8(body);
  } catch {
    throw refuse('not_utf8', 'the signature is good, but the body is not UTF-8: the sender wrote it wrongly');
  }
  if (raw.charCodeAt(0) === 0xfeff) raw = raw.slice(1);
  const json = raw.includes('\\u') ? mend(raw) : raw;
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw notJson('syntax error');
  }
  const what = unreadable(value, MAX_DEPTH);
  if (what) throw notJson(what);
  return [raw, json, value];
}

/** Reads a body whose signature was good; as text it comes from native code. */
export function readEvent(body: Uint8Array | string, id: string | undefined, sentAt: Date | undefined): WebhookEvent {
  const located = typeof body === 'string' ? cutEvent(body, id, sentAt) : undefined;
  if (located) return located;
  const [raw, json, value] = parsed(body);
  if (!isObject(value)) throw malformed('the body is JSON of another shape');
  const { event: type, timestamp, data = null } = value;
  if (type === undefined) throw malformed('there is no `event`');
  if (typeof type !== 'string' || type === '') throw malformed('`event` is not a name');
  const fields = data === null ? {} : isObject(data) ? data : undefined;
  const kind = fields && KIND_OF.get(type);
  const reader = new Reader(value, json);
  reader.take('event', type, type);
  reader.take('data', value['data'], value['data']);
  const time = reader.time('timestamp', timestamp);
  const payload = kind ? kind.read(fields, new Reader(fields, json)) : data;
  return event(id, type, kind !== undefined, time, sentAt, payload, reader.extra(), raw);
}

/** The event whose places native code has found; nothing if it found none or a time is none. */
function cutEvent(raw: string, id: string | undefined, sentAt: Date | undefined): WebhookEvent | undefined {
  const position = places[0] as number;
  if (position < 0) return undefined;
  const [type, kind] = KINDS[position] as (typeof KINDS)[number];
  const time = cutTime(raw, 0);
  const payload = kind.cut(raw);
  return (places[0] as number) < 0 ? undefined : event(id, type, true, time, sentAt, payload, NOTHING, raw);
}

const event = (
  id: string | undefined,
  type: string,
  known: boolean,
  timestamp: Date | undefined,
  sentAt: Date | undefined,
  data: unknown,
  extra: Extra,
  raw: string,
) => ({ id, type, known, timestamp, sentAt, data, extra, raw, dedupeKey: id ?? '' }) as WebhookEvent;
