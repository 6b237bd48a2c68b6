import { refuse } from '../errors';

/** The answer of a guard. The lease tells a reservation from a later one of the same key. */
export type Reserve =
  | { readonly state: 'reserved'; readonly lease: unknown }
  | { readonly state: 'in_flight' }
  | { readonly state: 'done' };

/**
 * Remembers which webhooks were handled, in two phases, because the sender repeats a webhook whose handler failed:
 * reserve, handle, then commit or release. A guard must remember for longer than a webhook can come again: twice the
 * tolerance plus 36 s of retries. {@link MemoryReplayGuard} is for one process; several need a shared one, for instance
 * on Redis with `SET key lease NX EX ttl`.
 */
export interface ReplayGuard {
  /** Reserves a key, or says what became of it. If it throws, the webhook is not handled; the sender tries again. */
  reserve(key: string): Reserve | Promise<Reserve>;
  /** The webhook was handled. A lease that is no longer current is ignored. */
  commit(key: string, lease: unknown): void | Promise<void>;
  /** It was not: let the next attempt in. A lease that is no longer current is ignored. */
  release(key: string, lease: unknown): void | Promise<void>;
}

/** How much a {@link MemoryReplayGuard} remembers. */
export interface MemoryReplayGuardOptions {
  /** So many handled webhooks. Default 65,536; when full, the oldest handled one is forgotten. */
  capacity?: number;
  /** For so long, in milliseconds. Default one hour; under twice the tolerance plus 36 s a replay gets through. */
  ttlMs?: number;
}

/** Remembers webhooks in the memory of this process. Those being handled are never forgotten. */
export class MemoryReplayGuard implements ReplayGuard {
  readonly #capacity: number;
  readonly #ttl: number;
  readonly #inFlight = new Map<string, { lease: number; since: number }>();
  // Maps keep the order of insertion: the first is the oldest.
  readonly #done = new Map<string, number>();
  #lease = 0;

  constructor(options: MemoryReplayGuardOptions = {}) {
    this.#capacity = Math.max(1, options.capacity ?? 65_536);
    this.#ttl = options.ttlMs ?? 3_600_000;
  }

  /** How many webhooks are remembered or being handled. */
  get size(): number {
    return this.#inFlight.size + this.#done.size;
  }

  reserve(key: string): Reserve {
    const now = performance.now();
    const old = (since: number) => now - since >= this.#ttl;
    for (const [oldest, since] of this.#done) {
      if (!old(since)) break;
      this.#done.delete(oldest);
    }
    if (this.#done.has(key)) return { state: 'done' };
    const current = this.#inFlight.get(key);
    if (current && !old(current.since)) return { state: 'in_flight' };
    if (this.#inFlight.size >= this.#capacity) {
      for (const [other, { since }] of this.#inFlight) if (old(since)) this.#inFlight.delete(other);
      if (this.#inFlight.size >= this.#capacity) return { state: 'in_flight' };
    }
    const lease = ++this.#lease;
    this.#inFlight.set(key, { lease, since: now });
    return { state: 'reserved', lease };
  }

  commit(key: string, lease: unknown): void {
    if (!this.#end(key, lease)) return;
    for (const oldest of this.#done.keys()) {
      if (this.#done.size < this.#capacity) break;
      this.#done.delete(oldest);
    }
    this.#done.set(key, performance.now());
  }

  release(key: string, lease: unknown): void {
    this.#end(key, lease);
  }

  #end(key: string, lease: unknown): boolean {
    return this.#inFlight.get(key)?.lease === lease && this.#inFlight.delete(key);
  }
}

/** Runs `handler` once per key: reserves before, commits after, releases if it throws. */
export async function once<T>(guard: ReplayGuard, key: string, handler: () => T | Promise<T>): Promise<T> {
  const reservation = await guard.reserve(key);
  if (reservation.state === 'in_flight') {
    const what =
      'this webhook is being handled at this moment: answer 409, so that the sender tries again if that fails';
    throw refuse('in_flight', what);
  }
  if (reservation.state === 'done') {
    throw refuse('replayed', 'this webhook was already handled: answer 200, so that the sender stops, and do nothing');
  }
  const { lease } = reservation;
  let result: T;
  try {
    result = await handler();
  } catch (error) {
    // What the handler says counts; a store that fails now only delays the next attempt.
    await settled(() => guard.release(key, lease));
    throw error;
  }
  await settled(() => guard.commit(key, lease));
  return result;
}

async function settled(work: () => void | Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    console.warn(
      `the replay guard did not take note of a webhook: ${error instanceof Error ? error.message : 'failed'}`,
    );
  }
}
