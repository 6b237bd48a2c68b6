/** Where the time of a call went, in milliseconds. */
export interface Timing {
  /** From the start of the call to its end. */
  readonly totalMs: number;
  /** Waiting for a turn: for a slot of the plan, or for a rate-limit pause to end. */
  readonly queuedMs: number;
  /** Waiting for an access token. */
  readonly tokenMs: number;
  /** Sleeping between attempts. */
  readonly backoffMs: number;
  /** Requests under way. */
  readonly networkMs: number;
}

/** One field that the server complained about. */
export interface FieldError {
  /** Its name, as the API writes it. */
  readonly field: string;
  /** What is wrong with it. */
  readonly message: string;
}

/** The branch of the error tree; every class has its own. */
export type ErrorKind =
  | 'config'
  | 'invalid_argument'
  | 'connection'
  | 'timeout'
  | 'api'
  | 'bad_request'
  | 'authentication'
  | 'permission_denied'
  | 'not_found'
  | 'rate_limit'
  | 'server'
  | 'decode'
  | 'webhook_verification'
  | 'closed'
  | 'internal';

/** Why a webhook was refused. The order is that of the checks. */
export type WebhookReason =
  | 'body_not_raw'
  | 'body_too_large'
  | 'missing_header'
  | 'duplicate_header'
  | 'malformed_id'
  | 'malformed_timestamp'
  | 'timestamp_too_old'
  | 'timestamp_too_new'
  | 'malformed_signature'
  | 'no_supported_signature'
  | 'empty_body'
  | 'signature_mismatch'
  | 'reserialized_body'
  | 'not_utf8'
  | 'not_json'
  | 'malformed_event'
  | 'in_flight'
  | 'replayed';

/** What an error may say beside its message; see {@link ZhifuyunError}. */
export type ErrorDetails = ErrorOptions & Partial<Omit<ZhifuyunError, keyof Error | 'kind' | 'isTransient' | 'toJSON'>>;

/** An error as the native half describes it. Durations are seconds. */
export interface ErrorData {
  kind: ErrorKind;
  reason: string;
  /** One line: kind, reason, sentence and notes. */
  message: string;
  /** The sentence alone. */
  detail: string;
  operation?: string | null;
  argument?: string | null;
  code?: number | null;
  http_status?: number | null;
  request_id?: string | null;
  retry_after?: number | null;
  attempts?: number;
  maybe_applied?: boolean;
  webhook_reason?: WebhookReason | null;
  fields?: FieldError[];
  timing?: { total: number; queued: number; token: number; backoff: number; network: number };
  causes?: string[];
}

const NO_TIME: Timing = Object.freeze({ totalMs: 0, queuedMs: 0, tokenMs: 0, backoffMs: 0, networkMs: 0 });

/** `start_time` → `startTime`. */
export const camel = (name: string): string => name.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase());

/**
 * Everything this library throws, except that an aborted call rejects with the signal's own reason. Catch a subclass
 * with `instanceof`. No message, field or stack ever holds a secret or a token.
 */
export class ZhifuyunError extends Error {
  /** The branch of the tree, the same in all languages. */
  readonly kind: ErrorKind;
  /** What precisely happened, such as `connect_timeout`; the same in all languages. */
  readonly reason: string;
  /** The sentence of `message` alone, without kind, reason and notes around it. */
  readonly detail: string;
  /** The operation, such as `tickets.create`. */
  readonly operation: string | undefined;
  /** The argument that was refused, by the name it has here. */
  readonly argument: string | undefined;
  /** The code in the envelope of the answer, as it was sent. */
  readonly code: number | undefined;
  /** The HTTP status of the answer. */
  readonly httpStatus: number | undefined;
  /** The server's id of the request, for support. */
  readonly requestId: string | undefined;
  /** How long the server, or the local plan, wants you to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** How many requests of this operation left the client; 0 if none did. */
  readonly attempts: number;
  /** True when a write may have happened although the call failed. Look before you repeat it. */
  readonly maybeApplied: boolean;
  /** The fields that the server complained about, if it named any. */
  readonly fields: readonly FieldError[];
  /** Where the time went. */
  readonly timing: Timing;

  /** Errors come from the client; your own are for tests. `kind` is that of the class. */
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = new.target.prototype.kind;
    this.reason = details.reason ?? this.kind;
    this.detail = details.detail ?? this.message;
    this.operation = details.operation;
    this.argument = details.argument;
    this.code = details.code;
    this.httpStatus = details.httpStatus;
    this.requestId = details.requestId;
    this.retryAfterMs = details.retryAfterMs;
    this.attempts = details.attempts ?? 0;
    this.maybeApplied = details.maybeApplied ?? false;
    this.fields = details.fields ?? [];
    this.timing = details.timing ?? NO_TIME;
  }

  /** Whether the same call has a fair chance later: connection, timeout, rate limit or server trouble. */
  get isTransient(): boolean {
    return TRANSIENT.has(this.kind) && this.reason !== 'tls';
  }

  /** All fields, for logs. */
  toJSON(): Record<string, unknown> {
    return { ...(this as object), name: this.name, message: this.message };
  }
}

const TRANSIENT: ReadonlySet<ErrorKind> = new Set(['connection', 'timeout', 'rate_limit', 'server']);

/** The client or a webhook verifier was set up wrongly; no request was made. */
export class ConfigError extends ZhifuyunError {}
/** An argument of a call was refused before any I/O. */
export class InvalidArgumentError extends ZhifuyunError {}
/** The server could not be reached, or the connection broke. */
export class ConnectionError extends ZhifuyunError {}
/** A deadline passed: connect, attempt or total. */
export class TimeoutError extends ZhifuyunError {}
/** The server refused. Its subclasses are the statuses that have a meaning of their own. */
export class ApiError extends ZhifuyunError {}
/** 400: the server did not accept the parameters. */
export class BadRequestError extends ApiError {}
/** 401, or the token endpoint refused the credentials. */
export class AuthenticationError extends ApiError {}
/** 403: the key may not do this. */
export class PermissionDeniedError extends ApiError {}
/** 404: there is no such resource. */
export class NotFoundError extends ApiError {}
/** 429, or the plan has no room and the client was told not to wait. */
export class RateLimitError extends ApiError {}
/** 5xx. */
export class ServerError extends ApiError {}
/** The answer arrived but makes no sense. */
export class DecodeError extends ZhifuyunError {}
/** The client was closed. */
export class ClosedError extends ZhifuyunError {}
/** A defect of this library: a panic was caught. The client stays usable. Please report it. */
export class InternalError extends ZhifuyunError {}

/** A webhook was refused. */
export class WebhookVerificationError extends ZhifuyunError {
  /** Why. */
  readonly webhookReason: WebhookReason;

  constructor(message: string, details: ErrorDetails & { readonly webhookReason: WebhookReason }) {
    super(message, details);
    this.webhookReason = details?.webhookReason;
  }

  /**
   * The HTTP status to answer with: 200 for a webhook that was handled before (the sender may stop), 409 for one that
   * is being handled, 413, 401 for everything about the signature and its age, 500 where the endpoint itself is at
   * fault, else 400.
   */
  get answerStatus(): number {
    return ANSWERS[this.webhookReason] ?? 400;
  }
}

const ANSWERS: Partial<Record<WebhookReason, number>> = {
  replayed: 200,
  in_flight: 409,
  body_too_large: 413,
  body_not_raw: 500,
  reserialized_body: 500,
  timestamp_too_old: 401,
  timestamp_too_new: 401,
  no_supported_signature: 401,
  signature_mismatch: 401,
};

type ErrorClass = { new (message: string, details: never): ZhifuyunError; prototype: ZhifuyunError };

const CLASSES: Record<ErrorKind, [string, ErrorClass]> = {
  config: ['ConfigError', ConfigError],
  invalid_argument: ['InvalidArgumentError', InvalidArgumentError],
  connection: ['ConnectionError', ConnectionError],
  timeout: ['TimeoutError', TimeoutError],
  api: ['ApiError', ApiError],
  bad_request: ['BadRequestError', BadRequestError],
  authentication: ['AuthenticationError', AuthenticationError],
  permission_denied: ['PermissionDeniedError', PermissionDeniedError],
  not_found: ['NotFoundError', NotFoundError],
  rate_limit: ['RateLimitError', RateLimitError],
  server: ['ServerError', ServerError],
  decode: ['DecodeError', DecodeError],
  webhook_verification: ['WebhookVerificationError', WebhookVerificationError],
  closed: ['ClosedError', ClosedError],
  internal: ['InternalError', InternalError],
};

// On the prototype: the name is then in stacks, survives minifiers and is not one of the fields.
function named(type: ErrorClass, name: string, kind: string): void {
  for (const [key, value] of Object.entries({ name, kind })) {
    Object.defineProperty(type.prototype, key, { value, configurable: true, writable: true });
  }
}

named(ZhifuyunError, 'ZhifuyunError', 'internal');
for (const [kind, [name, type]] of Object.entries(CLASSES)) named(type, name, kind);

/** What is called `…Ms` here, because it is a number of milliseconds. */
const SPANS = ['timeout', 'attempt_timeout', 'connect_timeout', 'max_retry_after', 'pool_idle_timeout'];

/** An argument by the name it has here. */
const ours = (argument: string): string => camel(SPANS.includes(argument) ? `${argument}_ms` : argument);

/** @internal The error that data from the native half describes. */
export function errorFrom(data: ErrorData): ZhifuyunError {
  const [, type] = CLASSES[data.kind] ?? CLASSES.internal;
  const t = data.timing;
  const details = {
    reason: data.reason,
    detail: data.detail,
    operation: data.operation ?? undefined,
    argument: data.argument == null ? undefined : ours(data.argument),
    code: data.code ?? undefined,
    httpStatus: data.http_status ?? undefined,
    requestId: data.request_id ?? undefined,
    retryAfterMs: data.retry_after == null ? undefined : data.retry_after * 1000,
    attempts: data.attempts,
    maybeApplied: data.maybe_applied,
    fields: data.fields,
    timing: t && {
      totalMs: t.total * 1000,
      queuedMs: t.queued * 1000,
      tokenMs: t.token * 1000,
      backoffMs: t.backoff * 1000,
      networkMs: t.network * 1000,
    },
    webhookReason: data.webhook_reason ?? undefined,
    cause: data.causes?.length ? data.causes.join(': ') : undefined,
  };
  return new type(data.message, details as never);
}

/** @internal An argument that was refused here, in the words of the core. */
export function invalidArgument(argument: string, detail: string, operation?: string): InvalidArgumentError {
  const message = `${operation ? `${operation}: ` : ''}invalid_argument (invalid_argument): ${detail}`;
  return new InvalidArgumentError(message, { detail, argument, operation });
}

/** @internal */
export function configError(detail: string): ConfigError {
  const message = `config (invalid_config): ${detail}`;
  return new ConfigError(message, { reason: 'invalid_config', detail });
}

/** @internal */
export function refuse(reason: WebhookReason, detail: string): WebhookVerificationError {
  const message = `webhook_verification (webhook): ${detail}`;
  return new WebhookVerificationError(message, { reason: 'webhook', detail, webhookReason: reason });
}
