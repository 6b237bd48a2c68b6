/**
 * Client for the Zhifuyun customer-service API.
 *
 * @packageDocumentation
 */
import { native } from './dispatch';
import { accelerate } from './webhooks/fast';

accelerate(native.webhookOpener);

export type { Call } from './call';
export { Client, type Quota } from './client';
export {
  ApiError,
  AuthenticationError,
  BadRequestError,
  ClosedError,
  ConfigError,
  ConnectionError,
  DecodeError,
  type ErrorDetails,
  type ErrorKind,
  type FieldError,
  InternalError,
  InvalidArgumentError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  ServerError,
  TimeoutError,
  type Timing,
  type WebhookReason,
  WebhookVerificationError,
  ZhifuyunError,
} from './errors';
export type { ClientEvent } from './events';
export type { Listing, Report, Walking } from './listing';
export {
  type Channel,
  Conversation,
  type ConversationStatus,
  type Extra,
  type GroupBy,
  type Meta,
  Model,
  Page,
  type Priority,
  Statistics,
  type StatisticsType,
  Ticket,
  type TicketStatus,
  Trend,
} from './models';
export type { ClientOptions } from './options';
export type { CallOptions, IterOptions } from './params';
export type {
  ConversationFilters,
  ConversationQuery,
  Conversations,
  NewConversation,
  NewTicket,
  StatisticsQuery,
  StatisticsResource,
  TicketChange,
  TicketFilters,
  TicketQuery,
  Tickets,
} from './resources';
export { version } from './version';
