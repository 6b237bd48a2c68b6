/**
 * Webhooks, without native code: for Node.js and for edge runtimes with WebCrypto.
 *
 * @packageDocumentation
 */
export {
  ConfigError,
  type ErrorDetails,
  InvalidArgumentError,
  type WebhookReason,
  WebhookVerificationError,
  ZhifuyunError,
} from '../errors';
export type { EventCommon, KnownEvent, UnknownEvent, WebhookEvent } from './event';
export type { WebhookHeaders } from './headers';
export { type ConversationPayload, EVENT_TYPES, type EventData, type EventType, type TicketPayload } from './payload';
export { MemoryReplayGuard, type MemoryReplayGuardOptions, type ReplayGuard, type Reserve } from './replay';
export { base64, hex, type SignatureScheme, schemeFromJson, standard, timestampedHex } from './scheme';
export { type Answer, type Handler, type RawBody, Webhooks, type WebhooksOptions } from './webhooks';
