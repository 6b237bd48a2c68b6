import { refuse } from '../errors';
import type { Channel, ConversationStatus, Extra, Priority, TicketStatus } from '../models';
import { instant } from './instant';
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

const NOTHING: Extra = Object.freeze({});

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

type Data = Readonly<Record<string, unknown>>;

/** Reads values of an object by their names; what it does not take is `extra`. */
class Reader {
  readonly #taken: string[] = [];

  /** `json` is the body that the data came from. */
  constructor(
    readonly data: Data,
    readonly json: string,
  ) {}

  /** Takes a value that was read; what there is nothing of says nothing. */
  take<T>(name: string, value: unknown, read: T | undefined): T | undefined {
    if (read !== undefined || value === null) this.#taken.push(name);
    return read;
  }

  word(name: string, value: unknown): string | undefined {
    return this.take(name, value, typeof value === 'string' ? value : undefined);
  }

  /** Text, or a number with every digit: a double would round an id. */
  text(name: string, value: unknown): string | undefined {
    if (typeof value !== 'number') return this.word(name, value);
    const digits = writtenData(this.json)[name];
    return this.take(name, value, typeof digits === 'string' && whole(digits) ? digits : undefined);
  }

  time(name: string, value: unknown): Date | undefined {
    return value === undefined ? undefined : this.take(name, value, instant(value));
  }

  /** `Object.fromEntries`, because `__proto__` may be among the names. */
  extra(): Extra {
    const names = Object.keys(this.data);
    if (names.length === this.#taken.length) return NOTHING;
    const left = names.filter((name) => !this.#taken.includes(name));
    return Object.fromEntries(left.map((name) => [name, this.data[name]]));
  }
}

// Each field by its own access: V8 remembers where each was found last time.
const conversation = (d: Data, r: Reader): ConversationPayload => ({
  conversationId: r.text('conversation_id', d['conversation_id']),
  userId: r.text('user_id', d['user_id']),
  channel: r.word('channel', d['channel']),
  status: r.word('status', d['status']),
  createdAt: r.time('created_at', d['created_at']),
  updatedAt: r.time('updated_at', d['updated_at']),
  extra: r.extra(),
});

const ticket = (d: Data, r: Reader): TicketPayload => ({
  ticketId: r.text('ticket_id', d['ticket_id']),
  title: r.text('title', d['title']),
  description: r.text('description', d['description']),
  status: r.word('status', d['status']),
  priority: r.word('priority', d['priority']),
  assigneeId: r.text('assignee_id', d['assignee_id']),
  customerEmail: r.text('customer_email', d['customer_email']),
  createdAt: r.time('created_at', d['created_at']),
  updatedAt: r.time('updated_at', d['updated_at']),
  extra: r.extra(),
});

const PAYLOADS: ReadonlyMap<string, (data: Data, reader: Reader) => object> = new Map<
  EventType,
  (data: Data, reader: Reader) => object
>([
  ['conversation.created', conversation],
  ['conversation.closed', conversation],
  ['ticket.created', ticket],
  ['ticket.updated', ticket],
  ['ticket.resolved', ticket],
]);

/** The event types that this version knows. Others arrive with `known: false`. */
export const EVENT_TYPES = Object.freeze([...PAYLOADS.keys()]) as readonly EventType[];

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
  const fields = data === null ? {} : isObject(data) ? data : undefined;
  const payload = fields && PAYLOADS.get(type);
  const reader = new Reader(value, json);
  reader.take('event', type, type);
  reader.take('data', value['data'], value['data']);
  return {
    id,
    type,
    known: payload !== undefined,
    timestamp: reader.time('timestamp', timestamp),
    sentAt,
    data: payload ? payload(fields, new Reader(fields, json)) : data,
    extra: reader.extra(),
    raw,
    dedupeKey,
  } as WebhookEvent;
}
