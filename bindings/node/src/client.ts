import { asCall, type Call } from './call';
import { camelKeys, type Decode } from './decode';
import { checked, native, type Owner, release, run } from './dispatch';
import { tell } from './events';
import { Listing } from './listing';
import type { Model } from './models';
import type { NativeClient } from './native';
import { type ClientOptions, fromEnvironment, optionsJson } from './options';
import { argsJson, type CallOptions, callJson, type IterOptions, type OperationName, walkJson } from './params';
import { type Caller, Conversations, StatisticsResource, Tickets } from './resources';

/** The state of the plan. */
export interface Quota {
  /** Requests within the last minute. */
  readonly used: number;
  /** How many are allowed per minute; `undefined` where no limit is known. */
  readonly limit: number | undefined;
  /** Time until the next one may go, in milliseconds; 0 for now. */
  readonly nextFreeMs: number;
}

/**
 * A client of the Zhifuyun API. Make one and share it: it holds the connections, the access token and the quota.
 * Making one does no I/O; the token is asked for with the first call.
 *
 * ```ts
 * await using client = new Client({ clientId, clientSecret });
 * const page = await client.conversations.list({ status: 'active', limit: 50 });
 * ```
 */
export class Client implements AsyncDisposable {
  readonly #native: NativeClient;
  readonly #baseUrl: string | undefined;
  readonly #owner: Owner;
  /** Conversations. */
  readonly conversations: Conversations;
  /** Tickets. */
  readonly tickets: Tickets;
  /** Statistics. */
  readonly statistics: StatisticsResource;

  /** @throws {@link ConfigError} or {@link InvalidArgumentError}, saying what to change, never with the value. */
  constructor(options: ClientOptions) {
    const json = optionsJson(options);
    const client = checked(() => new native.NativeClient(json));
    const { onEvent } = options;
    this.#native = client;
    this.#baseUrl = options.baseUrl;
    this.#owner = { arrived: onEvent ? () => tell(onEvent, client.events()) : undefined };
    const caller: Caller = {
      call: (name, args, overrides, decoder) => asCall(this.#call(name, args, overrides, decoder)),
      walk: (list, args, how, decoder) => this.#walk(list, args, how, decoder),
    };
    this.conversations = new Conversations(caller);
    this.tickets = new Tickets(caller);
    this.statistics = new StatisticsResource(caller);
  }

  /**
   * A client by `ZHIFUYUN_CLIENT_ID`, `ZHIFUYUN_CLIENT_SECRET` and, if they are set, `ZHIFUYUN_BASE_URL` and
   * `ZHIFUYUN_PLAN`. `overrides` go before them.
   */
  static fromEnv(overrides: ClientOptions = {}): Client {
    return new Client(fromEnvironment(overrides));
  }

  /** Asks for a new access token now, to find wrong credentials early. Calls do it by themselves. */
  authenticate(options?: CallOptions): Promise<void> {
    return this.#call('authenticate', undefined, options, () => undefined);
  }

  /** The state of the plan. */
  quota(): Quota {
    const quota = JSON.parse(checked(() => this.#native.quota())) as Record<string, unknown>;
    return camelKeys(quota, ['next_free']) as unknown as Quota;
  }

  /**
   * Refuses further calls and closes idle connections. Calls under way end as they would, but do not keep the process alive
   * any more: await them first. Safe to repeat.
   */
  async close(): Promise<void> {
    this.#native.close();
    release(this.#owner);
  }

  /** {@link Client.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Names the server, and no secret. */
  toJSON(): Record<string, unknown> {
    return { baseUrl: this.#baseUrl ?? 'https://api.zhifuyun.com' };
  }

  /** @internal What `console.log` shows. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `Client { baseUrl: '${this.#baseUrl ?? 'https://api.zhifuyun.com'}' }`;
  }

  async #call<T>(
    name: OperationName,
    args: object | undefined,
    options: CallOptions | undefined,
    decoder: Decode<unknown>,
  ): Promise<T> {
    const json = argsJson(name, args);
    const overrides = callJson(name, options);
    return await run<T>(
      this.#owner,
      decoder,
      (dispatcher, id) => this.#native.call(dispatcher, id, name, json, overrides),
      options?.signal,
    );
  }

  #walk<T extends object>(
    list: 'conversations' | 'tickets',
    args: object | undefined,
    options: IterOptions | undefined,
    decoder: Decode<T>,
  ): Listing<T> {
    const begin = () => {
      const [calls, how] = walkJson(`${list}.list`, options);
      return this.#native.walk(`${list}.iter`, argsJson(`${list}.list`, args), calls, how);
    };
    return new Listing<T>({ begin, decoder, owner: this.#owner }, options);
  }
}

export type { Call, Model };
