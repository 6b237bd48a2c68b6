import type { Timing } from './errors';

/** Whether a conversation is still going on. Open: values that this version does not know arrive as they are. */
export type ConversationStatus = 'active' | 'closed' | (string & {});
/** Where a customer writes from. Open. */
export type Channel = 'web' | (string & {});
/** Where a ticket stands. Open. */
export type TicketStatus = 'open' | 'pending' | 'resolved' | 'closed' | (string & {});
/** How urgent a ticket is. Open. */
export type Priority = 'low' | 'medium' | 'high' | 'urgent' | (string & {});
/** What statistics count. Open. */
export type StatisticsType = 'conversation' | 'ticket' | 'satisfaction' | (string & {});
/** The step of the trends. Open. */
export type GroupBy = 'day' | 'week' | 'month' | (string & {});

/**
 * What the server sent beyond the fields of a type, and values that its fields could not hold, by the server's names.
 * Whole numbers above 2^53 are rounded, as `JSON.parse` does it.
 */
export type Extra = Readonly<Record<string, unknown>>;

/** How a call went. */
export interface Meta {
  /** The HTTP status. */
  readonly httpStatus: number;
  /** The code of the envelope, as it was sent. */
  readonly code: number | undefined;
  /** The server's id of the request, for support. */
  readonly requestId: string | undefined;
  /** How many requests of this operation left the client, from 1. */
  readonly attempts: number;
  /** Time the client waited by its own choice, for its turn and between attempts, in milliseconds. */
  readonly waitedMs: number;
  /** Where the time went. */
  readonly timing: Timing;
}

/**
 * What all results share: plain own properties, and `meta` aside. The client makes them; constructors are for tests, and a
 * version that knows more fields takes more arguments.
 */
export abstract class Model {
  readonly #meta: Meta;
  /** What the server sent beyond these fields. */
  abstract readonly extra: Extra;

  constructor(meta: Meta) {
    this.#meta = meta;
  }

  /**
   * How the call went that brought this. Not a property of its own: copies, comparisons and JSON leave it out.
   */
  get meta(): Meta {
    return this.#meta;
  }

  /** The fields; `extra` only if there is something in it. Times become ISO 8601 text. */
  toJSON(): Record<string, unknown> {
    const fields: Record<string, unknown> = { ...(this as object) };
    if (Object.keys(this.extra).length === 0) delete fields['extra'];
    return fields;
  }
}

/** A conversation between a customer and the service team. */
export class Conversation extends Model {
  constructor(
    meta: Meta,
    /** The id, unique among conversations. */
    readonly id: string,
    /** The customer. */
    readonly userId: string | undefined,
    /** Where the customer writes from. */
    readonly channel: Channel | undefined,
    /** Whether it is still going on. */
    readonly status: ConversationStatus | undefined,
    /** When it began. */
    readonly createdAt: Date | undefined,
    /** When it last changed. */
    readonly updatedAt: Date | undefined,
    /** What the server sent beyond these fields. */
    readonly extra: Extra = {},
  ) {
    super(meta);
  }
}

/** A ticket: something that has to be done for a customer. */
export class Ticket extends Model {
  constructor(
    meta: Meta,
    /** The id, unique among tickets. */
    readonly id: string,
    /** What it is about, in one line. */
    readonly title: string | undefined,
    /** The whole matter. */
    readonly description: string | undefined,
    /** Where it stands. */
    readonly status: TicketStatus | undefined,
    /** How urgent it is. */
    readonly priority: Priority | undefined,
    /** Who works on it. */
    readonly assigneeId: string | undefined,
    /** The customer's address. */
    readonly customerEmail: string | undefined,
    /** When it was opened. */
    readonly createdAt: Date | undefined,
    /** When it last changed. */
    readonly updatedAt: Date | undefined,
    /** What the server sent beyond these fields. */
    readonly extra: Extra = {},
  ) {
    super(meta);
  }
}

/** One step of {@link Statistics.trends}. */
export class Trend extends Model {
  constructor(
    meta: Meta,
    /** The first day of the step, `YYYY-MM-DD`: a calendar date, not an instant. */
    readonly date: string | undefined,
    /** Conversations in the step. */
    readonly conversations: number | undefined,
    /** Tickets in the step. */
    readonly tickets: number | undefined,
    /** What the server sent beyond these fields. */
    readonly extra: Extra = {},
  ) {
    super(meta);
  }
}

/** Numbers over a period. The units of the averages are the server's: the API reference states none. */
export class Statistics extends Model {
  constructor(
    meta: Meta,
    /** Conversations in the period. */
    readonly totalConversations: number | undefined,
    /** Tickets in the period. */
    readonly totalTickets: number | undefined,
    /** Average time to the first answer. */
    readonly avgResponseTime: number | undefined,
    /** Share of satisfied customers, between 0 and 1 as far as the server keeps to it. */
    readonly satisfactionRate: number | undefined,
    /** The same by day, week or month, in the server's order. */
    readonly trends: readonly Trend[],
    /** What the server sent beyond these fields. */
    readonly extra: Extra = {},
  ) {
    super(meta);
  }
}

/** One page of a list. Iterating it yields its items. */
export class Page<T> extends Model implements Iterable<T> {
  constructor(
    meta: Meta,
    /** The items, in the server's order. */
    readonly items: readonly T[],
    /** How many items match in all, by the server's word at that moment. Advisory. */
    readonly total: number | undefined,
    /** The number of this page, from 1. */
    readonly page: number,
    /** How many items were asked for per page. */
    readonly limit: number,
    /** Whether another page is to be expected. */
    readonly hasNext: boolean,
    /** What the server sent beyond these fields. */
    readonly extra: Extra = {},
  ) {
    super(meta);
  }

  [Symbol.iterator](): Iterator<T> {
    return this.items[Symbol.iterator]();
  }
}
