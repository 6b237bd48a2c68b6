import { camelKeys, type Decode } from './decode';
import { checked, drop, onAbort, type Owner, run, throwIfAborted } from './dispatch';
import type { Page } from './models';
import type { NativeDispatcher, NativeWalk } from './native';
import type { IterOptions } from './params';

/** What a walk saw. */
export interface Report {
  /** Requests made, failed ones and prefetched ones that were never read included. */
  readonly requests: number;
  /** Answers read. */
  readonly pages: number;
  /** Items handed out, also those of the current page that were not asked for yet. */
  readonly items: number;
  /** Items dropped because they had been handed out before. */
  readonly duplicates: number;
  /** The server's total in the first answer. */
  readonly firstTotal: number | undefined;
  /** The server's total in the last answer to a request for the whole list (`strict` also asks for parts of it). */
  readonly lastTotal: number | undefined;
  /** Whether the total differed between two such answers. */
  readonly totalChanged: boolean;
  /** How often the walk went through the list, begun passes included. */
  readonly passes: number;
  /**
   * `strict`: the walk ended, and an item that matched during all of it cannot be missing. `fast`: the walk reached the end
   * and saw no sign of a change (no duplicates, same total); a sign, not a proof.
   */
  readonly complete: boolean;
  /** Why the walk ended; `not_finished` until then. */
  readonly stoppedBy: string;
}

/** @internal What a listing needs of its client. */
export interface Source<T> {
  begin(): NativeWalk;
  decoder: Decode<T>;
  owner: Owner;
}

/** What the core reports before the first request. */
const EMPTY: Report = Object.freeze({
  requests: 0,
  pages: 0,
  items: 0,
  duplicates: 0,
  firstTotal: undefined,
  lastTotal: undefined,
  totalChanged: false,
  passes: 1,
  complete: false,
  stoppedBy: 'not_finished',
});

/**
 * All items of a list across pages, lazily: nothing is sent before the first item is asked for. Every `for await` begins
 * anew. An error does not end an iterator: asking it again asks for the same page.
 */
export class Listing<T extends object> implements AsyncIterable<T> {
  readonly #source: Source<T>;
  readonly #signal: AbortSignal | undefined;
  #walk: NativeWalk | undefined;

  /** @internal */
  constructor(source: Source<T>, options: IterOptions | undefined) {
    this.#source = source;
    this.#signal = options?.signal ?? undefined;
  }

  /** What the latest walk has seen so far. */
  get report(): Report {
    const walk = this.#walk;
    if (!walk) return EMPTY;
    return camelKeys(JSON.parse(walk.report()) as Record<string, unknown>) as unknown as Report;
  }

  /** The same page by page; a page holds only items that were not delivered before. */
  pages(): Walking<Page<T>> {
    return this.#pages();
  }

  [Symbol.asyncIterator](): Walking<T> {
    return new Items(this.#pages(), this.#signal);
  }

  /** All items in one array. */
  async toArray(): Promise<T[]> {
    const all: T[] = [];
    const pages = this.pages();
    try {
      for await (const page of pages) for (const item of page.items) all.push(item);
    } finally {
      // An error leaves an iterator as it is, and here nobody will ask it again.
      await pages.return();
    }
    return all;
  }

  #pages(): Pages<T> {
    const begin = () => (this.#walk = checked(() => this.#source.begin()));
    return new Pages(begin, this.#source, this.#signal);
  }
}

/**
 * An iterator of a {@link Listing}. Ending it early (`break`, `return`, `throw`, `await using`) cancels what is under way,
 * also pages that were asked for ahead; a `next` that waits for one is then done.
 */
export interface Walking<T> extends AsyncIterableIterator<T>, AsyncDisposable {
  return(): Promise<IteratorResult<T>>;
  throw(error?: unknown): Promise<IteratorResult<T>>;
  [Symbol.asyncIterator](): this;
}

const done = (): IteratorReturnResult<undefined> => ({ value: undefined, done: true });

// Written out instead of async generators: those end for good when they throw, let `return` wait for `next`, and cost
// more per item.
abstract class Ends<T> {
  abstract return(): Promise<IteratorResult<T>>;

  async throw(error?: unknown): Promise<never> {
    await this.return();
    throw error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** Iterators that nobody ended must not pile up on a signal that outlives them. */
const abandoned = new FinalizationRegistry<() => void>((forget) => forget());

class Pages<T extends object> extends Ends<Page<T>> implements Walking<Page<T>> {
  #walk: NativeWalk | undefined;
  #forget: (() => void) | undefined;
  #ended = false;
  /** The calls that wait for a page. */
  readonly #waiting = new Set<number>();

  constructor(
    private readonly begin: () => NativeWalk,
    private readonly source: Source<T>,
    private readonly signal: AbortSignal | undefined,
  ) {
    super();
  }

  async next(): Promise<IteratorResult<Page<T>>> {
    if (this.#ended) return done();
    throwIfAborted(this.signal);
    // Begun before the first wait: several readers share one walk.
    const walk = (this.#walk ??= this.#begin());
    let call = 0;
    const start = (dispatcher: NativeDispatcher, id: number) => {
      walk.next(dispatcher, id);
      this.#waiting.add((call = id));
    };
    try {
      const { owner, decoder } = this.source;
      const page = await run<Page<T> | undefined>(owner, decoder, start, this.signal);
      if (page) return { value: page, done: false };
    } finally {
      this.#waiting.delete(call);
    }
    this.#ended = true;
    // Others may still wait for the same end.
    if (this.#waiting.size === 0) this.#close();
    return done();
  }

  async return(): Promise<IteratorResult<Page<T>>> {
    this.#ended = true;
    for (const call of this.#waiting) drop(call);
    this.#close();
    return done();
  }

  #begin(): NativeWalk {
    const walk = this.begin();
    if (this.signal) {
      // Not only while somebody waits for a page: others were asked for ahead.
      this.#forget = onAbort(this.signal, () => walk.close());
      abandoned.register(this, this.#forget);
    }
    return walk;
  }

  #close(): void {
    this.#forget?.();
    this.#walk?.close();
  }
}

class Items<T extends object> extends Ends<T> implements Walking<T> {
  #items: readonly T[] = [];
  #next = 0;

  constructor(
    private readonly pages: Pages<T>,
    private readonly signal: AbortSignal | undefined,
  ) {
    super();
  }

  async next(): Promise<IteratorResult<T>> {
    for (;;) {
      // What was read ahead is not handed out after an abort.
      throwIfAborted(this.signal);
      if (this.#next < this.#items.length) return { value: this.#items[this.#next++] as T, done: false };
      const page = await this.pages.next();
      if (page.done) {
        // Another reader's page may have come meanwhile.
        if (this.#next < this.#items.length) continue;
        return done();
      }
      // Another `next` may have turned the page meanwhile; what it brought comes first.
      if (this.#next < this.#items.length) this.#items = [...this.#items.slice(this.#next), ...page.value.items];
      else this.#items = page.value.items;
      this.#next = 0;
    }
  }

  async return(): Promise<IteratorResult<T>> {
    this.#items = [];
    this.#next = 0;
    await this.pages.return();
    return done();
  }
}
