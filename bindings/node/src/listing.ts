import { camelKeys, type Decode } from './decode';
import { checked, run } from './dispatch';
import type { Page } from './models';
import type { NativeWalk } from './native';
import type { IterOptions } from './params';

/** What a walk saw. */
export interface Report {
  /** Requests that brought a page. */
  readonly requests: number;
  /** Pages that were delivered. */
  readonly pages: number;
  /** Items that were delivered. */
  readonly items: number;
  /** Items that were dropped because they had been delivered before. */
  readonly duplicates: number;
  /** The server's total at first and at last. */
  readonly firstTotal: number | undefined;
  readonly lastTotal: number | undefined;
  /** Whether the total changed meanwhile. */
  readonly totalChanged: boolean;
  /** How often the list was gone through. */
  readonly passes: number;
  /** Whether the end was reached. */
  readonly complete: boolean;
  /** Why the walk ended. */
  readonly stoppedBy: string;
}

/** @internal What a listing needs of its client. */
export interface Source<T> {
  begin(): NativeWalk;
  decoder: Decode<T>;
  arrived: (() => void) | undefined;
}

const EMPTY: Report = Object.freeze({
  requests: 0,
  pages: 0,
  items: 0,
  duplicates: 0,
  firstTotal: undefined,
  lastTotal: undefined,
  totalChanged: false,
  passes: 0,
  complete: false,
  stoppedBy: 'running',
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
  pages(): AsyncIterableIterator<Page<T>> {
    return new Pages(
      async () => {
        const walk = checked(() => this.#source.begin());
        this.#walk = walk;
        return walk;
      },
      this.#source,
      this.#signal,
    );
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return new Items(this.pages());
  }

  /** All items in one array. */
  async toArray(): Promise<T[]> {
    const all: T[] = [];
    for await (const page of this.pages()) all.push(...page.items);
    return all;
  }
}

// Written out instead of async generators: those end for good when they throw, and cost more per item.
class Pages<T extends object> implements AsyncIterableIterator<Page<T>> {
  #walk: NativeWalk | undefined;
  #ended = false;

  constructor(
    private readonly begin: () => Promise<NativeWalk>,
    private readonly source: Source<T>,
    private readonly signal: AbortSignal | undefined,
  ) {}

  async next(): Promise<IteratorResult<Page<T>>> {
    if (this.#ended) return { value: undefined, done: true };
    this.signal?.throwIfAborted();
    const walk = (this.#walk ??= await this.begin());
    const page = await run<Page<T> | undefined>(
      this.source.decoder,
      (dispatcher, id) => walk.next(dispatcher, id),
      this.signal,
      this.source.arrived,
    );
    if (page) return { value: page, done: false };
    return this.return();
  }

  async return(): Promise<IteratorResult<Page<T>>> {
    this.#ended = true;
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

class Items<T extends object> implements AsyncIterableIterator<T> {
  #items: readonly T[] = [];
  #next = 0;

  constructor(private readonly pages: AsyncIterableIterator<Page<T>>) {}

  next(): Promise<IteratorResult<T>> {
    if (this.#next < this.#items.length) {
      return Promise.resolve({ value: this.#items[this.#next++] as T, done: false });
    }
    return this.turn();
  }

  private async turn(): Promise<IteratorResult<T>> {
    for (;;) {
      const page = await this.pages.next();
      if (page.done) return { value: undefined, done: true };
      // Another `next` may have turned the page meanwhile; what it brought comes first.
      if (this.#next < this.#items.length) this.#items = [...this.#items.slice(this.#next), ...page.value.items];
      else this.#items = page.value.items;
      this.#next = 0;
      if (this.#items.length > 0) return { value: this.#items[this.#next++] as T, done: false };
    }
  }

  async return(): Promise<IteratorResult<T>> {
    this.#items = [];
    this.#next = 0;
    await this.pages.return?.();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
