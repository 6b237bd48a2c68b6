import type { Call } from './call';
import { conversation, type Decode, statistics, ticket } from './decode';
import type { Listing } from './listing';
import type {
  Channel,
  Conversation,
  ConversationStatus,
  GroupBy,
  Model,
  Page,
  Priority,
  Statistics,
  StatisticsType,
  Ticket,
  TicketStatus,
} from './models';
import type { CallOptions, IterOptions, OperationName } from './params';

/** @internal What resources need of a client. */
export interface Caller {
  call<T extends Model>(
    name: OperationName,
    args: object | undefined,
    options: CallOptions | undefined,
    decoder: Decode<unknown>,
  ): Call<T>;
  walk<T extends object>(
    list: 'conversations' | 'tickets',
    args: object | undefined,
    options: IterOptions | undefined,
    decoder: Decode<T>,
  ): Listing<T>;
}

/** Which conversations. */
export interface ConversationFilters {
  /** Only those in this state. */
  status?: ConversationStatus | undefined;
  /** Only those from this moment on. Text is RFC 3339 with an offset. */
  startTime?: Date | string | undefined;
  /** Only those up to this moment. */
  endTime?: Date | string | undefined;
  /** Items per page, 1 to 100. `list`: the server's default is 20. `iter`: 100, because pages are quota. */
  limit?: number | undefined;
}

/** Which page of conversations. */
export interface ConversationQuery extends ConversationFilters {
  /** Page number, from 1. */
  page?: number | undefined;
}

/** A conversation to begin. */
export interface NewConversation {
  /** The customer. */
  userId: string;
  /** Where the customer writes from. */
  channel: Channel;
  /** The customer's first message. */
  initialMessage?: string | undefined;
}

/** Conversations: `client.conversations`. */
export class Conversations {
  readonly #caller: Caller;

  /** @internal */
  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** One page. */
  list(query?: ConversationQuery, options?: CallOptions): Call<Page<Conversation>> {
    return this.#caller.call('conversations.list', query, options, conversation);
  }

  /**
   * All that match, across pages.
   *
   * ```ts
   * for await (const c of client.conversations.iter({ status: 'closed' })) console.log(c.id);
   * ```
   */
  iter(filters?: ConversationFilters, options?: IterOptions): Listing<Conversation> {
    return this.#caller.walk('conversations', filters, options, conversation);
  }

  /** One conversation by its id. */
  get(id: string, options?: CallOptions): Call<Conversation> {
    return this.#caller.call('conversations.get', { id }, options, conversation);
  }

  /** Begins a conversation in the name of a customer. */
  create(conversation_: NewConversation, options?: CallOptions): Call<Conversation> {
    return this.#caller.call('conversations.create', conversation_, options, conversation);
  }
}

/** Which tickets. */
export interface TicketFilters {
  /** Only those in this state. */
  status?: TicketStatus | undefined;
  /** Only those this urgent. */
  priority?: Priority | undefined;
  /** Only those of this person. */
  assigneeId?: string | undefined;
  /** Items per page, 1 to 100. `list`: the server's default is 20. `iter`: 100, because pages are quota. */
  limit?: number | undefined;
}

/** Which page of tickets. */
export interface TicketQuery extends TicketFilters {
  /** Page number, from 1. */
  page?: number | undefined;
}

/** A ticket to open. */
export interface NewTicket {
  /** What it is about, in one line. */
  title: string;
  /** The whole matter. */
  description: string;
  /** How urgent it is. */
  priority?: Priority | undefined;
  /** The customer's address. */
  customerEmail?: string | undefined;
}

/** A change of a ticket: a status, a comment or both. */
export interface TicketChange {
  /** The new state. */
  status?: TicketStatus | undefined;
  /** A comment. */
  comment?: string | undefined;
}

/** Tickets: `client.tickets`. */
export class Tickets {
  readonly #caller: Caller;

  /** @internal */
  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** One page. */
  list(query?: TicketQuery, options?: CallOptions): Call<Page<Ticket>> {
    return this.#caller.call('tickets.list', query, options, ticket);
  }

  /** All that match, across pages. */
  iter(filters?: TicketFilters, options?: IterOptions): Listing<Ticket> {
    return this.#caller.walk('tickets', filters, options, ticket);
  }

  /** Opens a ticket. */
  create(ticket_: NewTicket, options?: CallOptions): Call<Ticket> {
    return this.#caller.call('tickets.create', ticket_, options, ticket);
  }

  /** Moves a ticket to another state, with or without a comment. */
  update(id: string, change: TicketChange, options?: CallOptions): Call<Ticket> {
    return this.#caller.call('tickets.update', { ...change, id }, options, ticket);
  }
}

/** Which statistics. Dates are calendar dates, `YYYY-MM-DD`. */
export interface StatisticsQuery {
  /** What is counted. */
  type?: StatisticsType | undefined;
  /** The first day. */
  startDate?: string | undefined;
  /** The last day. */
  endDate?: string | undefined;
  /** The step of the trends. */
  groupBy?: GroupBy | undefined;
}

/** Statistics: `client.statistics`. */
export class StatisticsResource {
  readonly #caller: Caller;

  /** @internal */
  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** Numbers over a period. */
  get(query?: StatisticsQuery, options?: CallOptions): Call<Statistics> {
    return this.#caller.call('statistics.get', query, options, statistics);
  }
}
