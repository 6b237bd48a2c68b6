import type { Channel, ConversationStatus, Extra, Priority, TicketStatus } from '../models';
import { instant } from './instant';
import { cut, cutTime } from './places';

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

export const NOTHING: Extra = Object.freeze({});

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

export type Data = Readonly<Record<string, unknown>>;

/** Reads values of an object by their names; what it does not take is `extra`. */
export class Reader {
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

type Text = string | undefined;
type Time = Date | undefined;

// The fields in the order of core/src/webhook/payload.rs, by which native code tells their places.

const conversation = (
  conversationId: Text,
  userId: Text,
  channel: Text,
  status: Text,
  createdAt: Time,
  updatedAt: Time,
  extra: Extra,
): ConversationPayload => ({ conversationId, userId, channel, status, createdAt, updatedAt, extra });

const ticket = (
  ticketId: Text,
  title: Text,
  description: Text,
  status: Text,
  priority: Text,
  assigneeId: Text,
  customerEmail: Text,
  createdAt: Time,
  updatedAt: Time,
  extra: Extra,
): TicketPayload => ({
  ticketId,
  title,
  description,
  status,
  priority,
  assigneeId,
  customerEmail,
  createdAt,
  updatedAt,
  extra,
});

/** How a payload is read. */
interface Kind {
  /** From an object. Each field by its own access: V8 remembers where each was found last time. */
  read(d: Data, r: Reader): object;
  /** From the text of the event, by the places in it. */
  cut(raw: string): object;
}

const CONVERSATION: Kind = {
  read: (d, r) =>
    conversation(
      r.text('conversation_id', d['conversation_id']),
      r.text('user_id', d['user_id']),
      r.word('channel', d['channel']),
      r.word('status', d['status']),
      r.time('created_at', d['created_at']),
      r.time('updated_at', d['updated_at']),
      r.extra(),
    ),
  cut: (raw) =>
    conversation(cut(raw, 1), cut(raw, 2), cut(raw, 3), cut(raw, 4), cutTime(raw, 5), cutTime(raw, 6), NOTHING),
};

const TICKET: Kind = {
  read: (d, r) =>
    ticket(
      r.text('ticket_id', d['ticket_id']),
      r.text('title', d['title']),
      r.text('description', d['description']),
      r.word('status', d['status']),
      r.word('priority', d['priority']),
      r.text('assignee_id', d['assignee_id']),
      r.text('customer_email', d['customer_email']),
      r.time('created_at', d['created_at']),
      r.time('updated_at', d['updated_at']),
      r.extra(),
    ),
  cut: (raw) =>
    ticket(
      cut(raw, 1),
      cut(raw, 2),
      cut(raw, 3),
      cut(raw, 4),
      cut(raw, 5),
      cut(raw, 6),
      cut(raw, 7),
      cutTime(raw, 8),
      cutTime(raw, 9),
      NOTHING,
    ),
};

/** The types that this version knows, in the order of core/src/webhook/event.rs. */
export const KINDS: readonly (readonly [EventType, Kind])[] = [
  ['conversation.created', CONVERSATION],
  ['conversation.closed', CONVERSATION],
  ['ticket.created', TICKET],
  ['ticket.updated', TICKET],
  ['ticket.resolved', TICKET],
];

/** By their names. */
export const KIND_OF: ReadonlyMap<string, Kind> = new Map(KINDS);

/** The event types that this version knows. Others arrive with `known: false`. */
export const EVENT_TYPES: readonly EventType[] = Object.freeze(KINDS.map(([type]) => type));
