import { refuse } from '../errors';
import type { Channel, ConversationStatus, Extra, Priority, TicketStatus } from '../models';
import { utf8 } from './runtime';

/** What a conversation event says about the conversation. Each field may be missing. */
export interface ConversationPayload {
  /** The conversation. */
  readonly conversationId: string | undefined;
  /** The customer. */
  readonly userId: string | undefined;
  /** Where the customer writes from. */
  readonly channel: Channel | undefined;
  /** Whether it is still going on. */
  readonly status: ConversationStatus | undefined;
  /** When it began. */
  readonly createdAt: Date | undefined;
  /** When it last changed. */
  readonly updatedAt: Date | undefined;
  /** What the server sent beyond these fields, and values they could not hold. */
  readonly extra: Extra;
}

/** What a ticket event says about the ticket. Each field may be missing. */
export interface TicketPayload {
  /** The ticket. */
  readonly ticketId: string | undefined;
  /** What it is about, in one line. */
  readonly title: string | undefined;
  /** The whole matter. */
  readonly description: string | undefined;
  /** Where it stands. */
  readonly status: TicketStatus | undefined;
  /** How urgent it is. */
  readonly priority: Priority | undefined;
  /** Who works on it. */
  readonly assigneeId: string | undefined;
  /** The customer's address. */
  readonly customerEmail: string | undefined;
  /** When it was opened. */
  readonly createdAt: Date | undefined;
  /** When it last changed. */
  readonly updatedAt: Date | undefined;
  /** What the server sent beyond these fields, and values they could not hold. */
  readonly extra: Extra;
}

/** The data of the events that this version knows. */
export interface EventData {
  'conversation.created': ConversationPayload;
  'conversation.closed': ConversationPayload;
  'ticket.created': TicketPayload;
  'ticket.updated': TicketPayload;
  'ticket.resolved': TicketPayload;
}

/** The types that this version knows. */
export type EventType = keyof EventData;

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

/** Reads a value of the data; `json` is the body that it came from. */
type Read = (value: unknown, json: string, name: string) => unknown;
const text: Read = (value, json, name) => {
  if (typeof value === 'string') return value;
  if (typeof value !== 'number') return undefined;
  // An id that is a number keeps every digit: a double would round it.
  const digits = writtenData(json)[name];
  return typeof digits === 'string' && whole(digits) ? digits : undefined;
};
const word: Read = (value) => (typeof value === 'string' ? value : undefined);

const MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const USUAL = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const ISO8601 =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)? *(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?)$/;
const EPOCH = /^(?:\d{10}|\d{13})$/;

/** A date of the years that every language has. */
function within(date: Date): Date | undefined {
  const year = date.getUTCFullYear();
  return year >= 1 && year <= 9999 ? date : undefined;
}

/** A time of the usual form by its digits; nothing where a field runs over, or `Date.UTC` would add 1900. */
function usual(text: string): Date | undefined {
  const two = (at: number) => text.charCodeAt(at) * 10 + text.charCodeAt(at + 1) - 11 * 48;
  const [century, month, day, hour, minute, second] = [two(0), two(5), two(8), two(11), two(14), two(17)];
  if (century < 1 || month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) return undefined;
  const date = new Date(Date.UTC(century * 100 + two(2), month - 1, day, hour, minute, second));
  return date.getUTCDate() === day ? date : undefined;
}

/** An instant: ISO 8601 with an offset, or epoch seconds (milliseconds where seconds would mean a year after 5138). */
function instant(value: unknown): Date | undefined {
  if (typeof value === 'number') {
    // By way of microseconds, like the other languages: 0.123 s are 123 ms and not 122.
    const micros = Math.round(value * (Math.abs(value) < 1e11 ? 1e6 : 1e3));
    return within(new Date(Math.floor(micros / 1000)));
  }
  if (typeof value !== 'string') return undefined;
  if (USUAL.test(value)) {
    const date = usual(value);
    if (date) return date;
  }
  if (EPOCH.test(value.trim())) return instant(Number(value));
  const m = ISO8601.exec(value.trim());
  if (!m) return undefined;
  const [, year, month, day, hour, minute, second = '0', fraction, sign, offsetHour = '0', offsetMinute = '0'] = m;
  const parts = [year, month, day, hour, minute, second].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [y, mo, d, h, mi, s] = parts;
  if (mo < 1 || mo > 12 || d < 1 || d > (MONTHS[mo - 1] as number) || h > 23 || mi > 59 || s > 60) return undefined;
  if (Number(offsetHour) > 23 || Number(offsetMinute) > 59) return undefined;
  const ms = Number((fraction ?? '').padEnd(3, '0').slice(0, 3));
  const date = new Date(0);
  date.setUTCFullYear(y, mo - 1, d);
  if (date.getUTCDate() !== d) return undefined;
  date.setUTCHours(h, mi, s, ms);
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000;
  return within(new Date(date.getTime() - (sign === '-' ? -offset : offset)));
}

type Fields = readonly (readonly [name: string, key: string, read: Read])[];

const CONVERSATION: Fields = [
  ['conversation_id', 'conversationId', text],
  ['user_id', 'userId', text],
  ['channel', 'channel', word],
  ['status', 'status', word],
  ['created_at', 'createdAt', instant],
  ['updated_at', 'updatedAt', instant],
];

const TICKET: Fields = [
  ['ticket_id', 'ticketId', text],
  ['title', 'title', text],
  ['description', 'description', text],
  ['status', 'status', word],
  ['priority', 'priority', word],
  ['assignee_id', 'assigneeId', text],
  ['customer_email', 'customerEmail', text],
  ['created_at', 'createdAt', instant],
  ['updated_at', 'updatedAt', instant],
];

const NOTHING: Extra = Object.freeze({});

/** The fields by their names, without names that objects inherit; and all of them, without a value. */
interface Shape {
  readonly fields: Readonly<Record<string, readonly [key: string, read: Read]>>;
  readonly blank: Readonly<Record<string, unknown>>;
}

function shape(fields: Fields): Shape {
  const byName: Record<string, readonly [string, Read]> = Object.create(null);
  const blank: Record<string, unknown> = {};
  for (const [name, key, read] of fields) {
    byName[name] = [key, read];
    blank[key] = undefined;
  }
  return { fields: byName, blank: { ...blank, extra: NOTHING } };
}

const conversation = shape(CONVERSATION);
const ticket = shape(TICKET);

const SHAPES: ReadonlyMap<string, Shape> = new Map<EventType, Shape>([
  ['conversation.created', conversation],
  ['conversation.closed', conversation],
  ['ticket.created', ticket],
  ['ticket.updated', ticket],
  ['ticket.resolved', ticket],
]);

/** The event types that this version knows. Others arrive with `known: false`. */
export const EVENT_TYPES = Object.freeze([...SHAPES.keys()]) as readonly EventType[];

type Entries = [name: string, value: unknown][];

/** `Object.fromEntries`, because `__proto__` may be among the names. */
const beyond = (entries: Entries | undefined): Extra => (entries ? Object.fromEntries(entries) : NOTHING);

/** Whether a number in JSON is a whole one that the other languages can hold, which read 64 bits. */
function whole(number: string): boolean {
  if (!/^(?:0|-?[1-9]\d{0,19})$/.test(number)) return false;
  const value = BigInt(number);
  return value >= -(2n ** 63n) && value < 2n ** 64n;
}

const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;

/** The data with its numbers as text, in the digits in which they were sent. Read only where an id is a number. */
function writtenData(json: string): Record<string, unknown> {
  const quoted = json.replace(STRING_OR_NUMBER, (token) => (token.startsWith('"') ? token : `"${token}"`));
  return (JSON.parse(quoted) as { data: Record<string, unknown> }).data;
}

function payload({ fields, blank }: Shape, data: Record<string, unknown>, json: string): object {
  const out: Record<string, unknown> = { ...blank };
  let others: Entries | undefined;
  for (const name of Object.keys(data)) {
    const value = data[name];
    const field = fields[name];
    if (field) {
      if (value === null) continue;
      const read = field[1](value, json, name);
      if (read !== undefined) {
        out[field[0]] = read;
        continue;
      }
    }
    (others ??= []).push([name, value]);
  }
  if (others) out['extra'] = beyond(others);
  return out;
}

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
    const what = unreadable((value as Record<string, unknown>)[key], levels - 1);
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

/** Reads a body whose signature was good. */
export function readEvent(
  body: Uint8Array | string,
  id: string | undefined,
  sentAt: Date | undefined,
  dedupeKey: string,
): WebhookEvent {
  const [raw, json, value] = parsed(body);
  if (!isObject(value)) throw malformed('the body is JSON of another shape');
  const { event: type, timestamp, data = null } = value;
  if (type === undefined) throw malformed('there is no `event`');
  if (typeof type !== 'string' || type === '') throw malformed('`event` is not a name');
  const time = timestamp === undefined ? undefined : instant(timestamp);
  const fields = data === null ? {} : isObject(data) ? data : undefined;
  const known = fields && SHAPES.get(type);
  const kept = timestamp !== null && time === undefined;
  let others: Entries | undefined;
  for (const name of Object.keys(value)) {
    if (name === 'event' || name === 'data' || (name === 'timestamp' && !kept)) continue;
    (others ??= []).push([name, value[name]]);
  }
  return {
    id,
    type,
    known: known !== undefined,
    timestamp: time,
    sentAt,
    data: known ? payload(known, fields, json) : data,
    extra: beyond(others),
    raw,
    dedupeKey,
  } as WebhookEvent;
}
