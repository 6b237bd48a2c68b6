import { configError, invalidArgument, refuse, WebhookVerificationError } from '../errors';
import { type KnownEvent, readEvent, type UnknownEvent, type WebhookEvent } from './event';
import { pick, refuseUnusable, type Signatures, signatures, type WebhookHeaders, written } from './headers';
import { Macs, sha256 } from './mac';
import { EVENT_TYPES, type EventType } from './payload';
import { MemoryReplayGuard, once, type ReplayGuard } from './replay';
import { reserialized } from './reserialized';
import { type SignatureScheme, standard, type Template, template } from './scheme';

/** The raw body as it arrived. Text is taken as UTF-8; bytes are safer, because decoding may drop a byte order mark. */
export type RawBody = Uint8Array | ArrayBuffer | string;

/** How webhooks are verified. */
export interface WebhooksOptions {
  /** The secrets of the endpoint: one, or during a rotation the new and the old one. At most 16. */
  secrets: readonly string[];
  /** How the sender signs. Default {@link standard}. */
  scheme?: SignatureScheme | undefined;
  /** How far the timestamp may be from this machine's clock, either way, in whole seconds. Default 300,000 ms. */
  toleranceMs?: number | undefined;
  /** The largest body in bytes. Default 1 MiB. */
  maxBodyBytes?: number | undefined;
  /** Where {@link Webhooks.handle} remembers what was handled. Default a {@link MemoryReplayGuard}; `false` for none. */
  replayGuard?: ReplayGuard | false | undefined;
}

/** Handles an event. If it throws, the sender tries again. */
export type Handler<E = WebhookEvent> = (event: E) => unknown;

/** What to answer a sender with. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

const MAX_ID = 256;

const OPTIONS = ['secrets', 'scheme', 'toleranceMs', 'maxBodyBytes', 'replayGuard'];

/** Refuses options that are unknown or of the wrong type; a misspelt tolerance must not be the default one. */
function checked(options: WebhooksOptions): WebhooksOptions {
  if (typeof options !== 'object' || options === null) throw configError('the options must be an object');
  for (const name of Object.keys(options)) {
    if (!OPTIONS.includes(name)) throw configError(`there is no option ${name.slice(0, 64)}`);
  }
  const { secrets, toleranceMs = 0, maxBodyBytes = 1, replayGuard } = options;
  if (!Array.isArray(secrets) || secrets.length === 0) {
    const what = typeof secrets === 'string' ? 'secrets must be a list' : 'no webhook secret';
    throw configError(`${what}: give the one that the console shows for this endpoint (it begins with whsec_)`);
  }
  if (secrets.length > 16) throw configError('more than 16 webhook secrets: remove those that were rotated out');
  if (!(typeof maxBodyBytes === 'number' && maxBodyBytes > 0)) {
    throw configError('maxBodyBytes must be a number of bytes above 0: with 0 every webhook would be refused');
  }
  if (!(Number.isFinite(toleranceMs) && toleranceMs >= 0)) {
    throw configError('toleranceMs must be a number of milliseconds, not negative');
  }
  const guards = replayGuard === undefined || replayGuard === false || typeof replayGuard?.reserve === 'function';
  if (!guards) throw configError('replayGuard must be an object with reserve, commit and release, or false');
  return options;
}

/**
 * Verifies webhooks, hands them to handlers once, and signs them for tests. Needs no native code: it also runs in edge
 * runtimes, where it computes with WebCrypto.
 *
 * ```ts
 * const hooks = new Webhooks({ secrets: [process.env.ZHIFUYUN_WEBHOOK_SECRET!] })
 *   .on('ticket.created', async (event) => console.log(event.data.ticketId))
 *   .fallback(() => {});
 * ```
 */
export class Webhooks {
  readonly #macs: Macs;
  readonly #template: Template;
  readonly #tolerance: number;
  /** The largest body in bytes that is looked at. */
  readonly maxBodyBytes: number;
  readonly #guard: ReplayGuard | undefined;
  readonly #handlers = new Map<string, Handler<never>>();
  #fallback: Handler | undefined;

  /** @throws {@link ConfigError} if a secret or the scheme is malformed. The message never shows a secret. */
  constructor(options: WebhooksOptions) {
    const { secrets, scheme = standard, ...others } = checked(options);
    const { toleranceMs = 300_000, maxBodyBytes = 1024 * 1024, replayGuard } = others;
    this.#template = template(scheme);
    this.#macs = new Macs(secrets, this.#template);
    this.#tolerance = Math.floor(toleranceMs / 1000);
    this.maxBodyBytes = maxBodyBytes;
    this.#guard = replayGuard === false ? undefined : (replayGuard ?? new MemoryReplayGuard());
  }

  /** By `ZHIFUYUN_WEBHOOK_SECRET`; several are separated by commas or white space. */
  static fromEnv(options: Omit<WebhooksOptions, 'secrets'> = {}): Webhooks {
    const value = typeof process === 'undefined' ? undefined : process.env['ZHIFUYUN_WEBHOOK_SECRET'];
    const secrets = (value ?? '').split(/[\s,]+/).filter((secret) => secret !== '');
    if (secrets.length === 0) throw configError('the environment variable ZHIFUYUN_WEBHOOK_SECRET is not set');
    return new Webhooks({ ...options, secrets });
  }

  /** Sets the handler of a type; also of one that this version does not know, whose data is as it was sent. */
  on<T extends EventType>(type: T, handler: Handler<KnownEvent<T>>): this;
  on(type: string, handler: Handler<UnknownEvent>): this;
  on(type: string, handler: Handler<never>): this {
    if (typeof type !== 'string' || type === '') throw invalidArgument('type', 'the type of an event must be text');
    this.#handlers.set(type, callable(handler));
    return this;
  }

  /** Sets the handler of all events that have none of their own, also of types that this version does not know. */
  fallback(handler: Handler): this {
    this.#fallback = callable(handler);
    return this;
  }

  /**
   * Checks a webhook and reads its event. `now` replaces the clock, for tests and recorded webhooks.
   *
   * Rejects with {@link WebhookVerificationError}: size, headers, id, timestamp, age, signature and content are checked in
   * this order, and nothing is read from a body before its signature was good.
   */
  async verify(headers: WebhookHeaders, body: RawBody, now: Date | number = Date.now()): Promise<WebhookEvent> {
    const clock = Number(now);
    // A time that is none is neither too old nor too new.
    if (!Number.isFinite(clock)) throw invalidArgument('now', 'now must be a valid Date or milliseconds since 1970');
    const raw = bytes(body);
    if (raw.length > this.maxBodyBytes) throw tooLarge(this.maxBodyBytes);
    const scheme = this.#template;
    const picked = pick(scheme, headers);
    const read = signatures(scheme, picked.signature);
    if (scheme.idHeader !== undefined) this.#checkId(picked.id);
    const time = this.#time(picked.timestamp, read.timestamp);
    const sent = time === undefined ? undefined : seconds(time);
    if (sent !== undefined) this.#checkAge(sent, Math.floor(clock / 1000));
    // Nearly all signatures are good: what else is wrong with the others is looked at only then.
    const prefix = scheme.signed(picked.id, time ?? '');
    const answer = raw.length > 0 && !read.tooMany && this.#macs.matches(prefix, raw, read.tags);
    const good = typeof answer === 'object' ? await answer : answer;
    if (!good) throw await this.#refusal(prefix, raw, read);
    const id = scheme.idHeader === undefined ? undefined : picked.id;
    const sentAt = sent === undefined ? undefined : new Date(sent * 1000);
    const event = readEvent(typeof good === 'string' ? good : raw, id, sentAt);
    return id === undefined ? Object.assign(event, { dedupeKey: await sha256(raw) }) : event;
  }

  /**
   * Verifies, and runs the handler of the event's type (or `handler`) unless the webhook was handled before. If the
   * handler throws, so does this, and the next attempt of the sender is let in.
   */
  async handle(headers: WebhookHeaders, body: RawBody, handler?: Handler): Promise<WebhookEvent> {
    const event = await this.verify(headers, body);
    const run = async () => {
      const chosen = handler ?? this.#handlerOf(event) ?? this.#fallback;
      await (chosen as Handler | undefined)?.(event);
      return event;
    };
    return this.#guard ? once(this.#guard, event.dedupeKey, run) : run();
  }

  /**
   * The same, with the answer for the sender. What the sender did is answered; what is wrong on this side (the handler
   * failed, a parser ate the body) is thrown, for the framework to log and to answer with 500.
   */
  async respond(headers: WebhookHeaders, body: RawBody): Promise<Answer> {
    try {
      await this.handle(headers, body);
      return { status: 200, body: '{"ok":true}' };
    } catch (error) {
      return answerTo(error);
    }
  }

  /**
   * The headers of a signed webhook, as a sender writes them: with every secret, or with the first where the scheme has
   * room for one signature only. `id` and `timestamp` (default now) are ignored by schemes without them.
   */
  async sign(id: string, body: RawBody, timestamp: Date | number = Date.now()): Promise<Record<string, string>> {
    const scheme = this.#template;
    const headers: Record<string, string> = {};
    if (scheme.idHeader !== undefined) {
      const problem = this.#idProblem(id);
      if (problem) throw invalidArgument('id', problem);
      headers[scheme.idHeader] = id;
    }
    const seconds = Math.floor(Number(timestamp) / 1000);
    const timed = scheme.timestampHeader !== undefined || scheme.timestampField !== undefined;
    if (timed && !(seconds >= 0 && seconds < 1e12)) {
      throw invalidArgument('timestamp', 'the timestamp is before 1970 or has over 12 digits');
    }
    if (scheme.timestampHeader !== undefined) headers[scheme.timestampHeader] = String(seconds);
    const tags = await this.#macs.tags(scheme.signed(id, String(seconds)), bytes(body));
    headers[scheme.signatureHeader] = written(scheme, String(seconds), tags);
    return headers;
  }

  /** Shows no secret. */
  toJSON(): Record<string, unknown> {
    return { secrets: this.#macs.size, toleranceMs: this.#tolerance * 1000, maxBodyBytes: this.maxBodyBytes };
  }

  /** Not that of a known type for data of another shape: it was promised the fields. */
  #handlerOf(event: WebhookEvent): Handler<never> | undefined {
    const promised = event.known || !(EVENT_TYPES as readonly string[]).includes(event.type);
    return promised ? this.#handlers.get(event.type) : undefined;
  }

  #idProblem(id: string): string | undefined {
    const fits =
      typeof id === 'string' &&
      id.length >= 1 &&
      id.length <= MAX_ID &&
      /^[\x21-\x7e]+$/.test(id) &&
      !id.includes(this.#template.afterId);
    if (fits) return undefined;
    return (
      'the id is empty, longer than 256 characters, not printable ASCII, or contains the separator that follows it in the ' +
      'signed text: this was not sent by a sender that keeps to the scheme'
    );
  }

  #checkId(id: string): void {
    const problem = this.#idProblem(id);
    if (problem) throw refuse('malformed_id', problem);
  }

  /** The timestamp as text, which is what was signed; nothing where the scheme has none. */
  #time(header: string | undefined, field: string | undefined | null): string | undefined {
    const { timestampHeader, timestampField } = this.#template;
    if (timestampHeader === undefined && timestampField === undefined) return undefined;
    const text = timestampHeader === undefined ? field : header;
    if (typeof text !== 'string') throw noTime('it stands in the signature header not once');
    return text;
  }

  #checkAge(sent: number, now: number): void {
    const age = now - sent;
    if (Math.abs(age) <= this.#tolerance) return;
    const allowed = `${this.#tolerance} s are allowed`;
    if (age > 0) {
      throw refuse(
        'timestamp_too_old',
        `it was sent ${age} s ago and ${allowed}: it was delayed or is being replayed, or this machine's clock is fast`,
      );
    }
    const what = `its timestamp is ${-age} s ahead of this machine's clock and ${allowed}: check the clock (NTP)`;
    throw refuse('timestamp_too_new', what);
  }

  async #refusal(prefix: string, body: Uint8Array, read: Signatures): Promise<WebhookVerificationError> {
    refuseUnusable(this.#template, read);
    if (body.length === 0) {
      const what = 'the body is empty: a middleware may have read it before; pass the raw bytes that it read';
      return refuse('empty_body', what);
    }
    if (await reserialized(body, (other) => this.#macs.matches(prefix, other, read.tags))) {
      return refuse(
        'reserialized_body',
        'this looks like a re-serialised body: the signature matches the same JSON with other spaces or escapes; pass the ' +
          'raw bytes of the request, read before any JSON middleware',
      );
    }
    return refuse(
      'signature_mismatch',
      'no signature matches the body with any of the secrets: the secret is that of another endpoint, the body is not the ' +
        'raw bytes as they arrived, or this is a forgery',
    );
  }
}

const noTime = (what: string) =>
  refuse(
    'malformed_timestamp',
    `the timestamp is no number of seconds since 1970: ${what}; look for a proxy that changes headers`,
  );

/** The number that 1 to 12 digits are. */
function seconds(digits: string): number {
  let number = digits.length < 1 || digits.length > 12 ? -1 : 0;
  for (let i = 0; i < digits.length && number >= 0; i++) {
    const digit = digits.charCodeAt(i) - 48;
    number = digit < 0 || digit > 9 ? -1 : number * 10 + digit;
  }
  if (number < 0) throw noTime('1 to 12 digits are allowed and nothing else');
  return number;
}

/** The bytes of a body, or the advice to pass them. */
function bytes(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body;
  // Of another realm, as in tests under Jest.
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  if (typeof body === 'string' && body.isWellFormed()) return new TextEncoder().encode(body);
  throw notRaw(body);
}

function callable<E>(handler: Handler<E>): Handler<E> {
  if (typeof handler !== 'function') throw invalidArgument('handler', 'the handler of an event must be a function');
  return handler;
}

/** @internal The answer to what a sender did wrong; what is wrong on this side is thrown on. */
export function answerTo(error: unknown): Answer {
  if (!(error instanceof WebhookVerificationError) || error.answerStatus === 500) throw error;
  return { status: error.answerStatus, body: JSON.stringify({ error: error.webhookReason }) };
}

/** @internal */
export function tooLarge(maxBytes: number): WebhookVerificationError {
  const size = `the body has more than ${maxBytes} bytes`;
  return refuse('body_too_large', `${size}: raise maxBodyBytes if the sender is to be trusted`);
}

/** @internal The error for a body that is no longer what was signed. */
export function notRaw(body: unknown): WebhookVerificationError {
  const found = body === null ? 'null' : Array.isArray(body) ? 'array' : typeof body;
  return refuse(
    'body_not_raw',
    `the body is a ${found}; the signature covers the bytes as they arrived, and a parsed object cannot be turned back ` +
      'into them: pass the raw request body, read before any JSON middleware',
  );
}
