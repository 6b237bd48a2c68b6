import { type Decode, decode, Shape } from './decode';
import { type ErrorData, errorFrom, type ZhifuyunError } from './errors';
import { load, type Native, type NativeDispatcher, type Sink } from './native';

/** The native half, loaded with this module. */
export const native: Native = load();

/** Who a call belongs to. */
export interface Owner {
  /** Called before a result is handed over. */
  arrived: (() => void) | undefined;
}

interface Pending {
  owner: Owner;
  decoder: Decode<unknown>;
  settle(result: unknown): void;
}

/** A failure on its way to the function that throws it, so that the stack is the caller's. */
class Failure {
  constructor(readonly data: ErrorData) {}
}

// Not a `Map`: its outgrown tables point to those that came after, and one that has reached the old generation keeps
// alive what they held. Results then outlived every scavenge, which cost twice what decoding does.
const pending: Record<number, Pending> = Object.create(null);
let last = 0;
let columns = new Float64Array(4096);

const sink: Sink = (id, shape, text, long, wide) => {
  const entry = pending[id] as Pending;
  delete pending[id];
  entry.settle(read(entry.decoder, shape, text, long ?? '', wide ?? ''));
  entry.owner.arrived?.();
};

function read(decoder: Decode<unknown>, shape: Shape, text: string, long: string, wide: string): unknown {
  try {
    if (shape === Shape.Error) return new Failure(JSON.parse(text || long || wide) as ErrorData);
    return decode(shape, decoder, text, long, wide, columns);
  } catch (error) {
    const detail = `a result could not be read: ${(error as Error).message}`;
    return new Failure({ kind: 'internal', reason: 'panic', message: `internal (panic): ${detail}`, detail });
  }
}

// One per environment; it keeps the event loop alive exactly while calls are under way.
const dispatcher: NativeDispatcher = new native.Dispatcher(() => {
  for (let needed = dispatcher.take(columns, sink); needed > 0; needed = dispatcher.take(columns, sink)) {
    columns = new Float64Array(needed);
  }
  // One huge page must not keep its room for ever.
  if (columns.length > 1 << 20) columns = new Float64Array(4096);
});

/**
 * The error that a synchronous export threw. Native code makes the errors of the main realm; in another one, such as that
 * of a Jest test, `instanceof Error` does not hold for them.
 */
function thrown(error: unknown): unknown {
  const message = (error as { message?: unknown } | null)?.message;
  if (typeof message !== 'string' || !message.startsWith('{')) return error;
  return errorFrom(JSON.parse(message) as ErrorData);
}

/** Runs a synchronous export; what it throws becomes an error of this library with the caller's stack. */
export function checked<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw thrown(error);
  }
}

/** What ends when a signal fires. One listener per signal: Node warns of more than ten. */
const listeners = new WeakMap<AbortSignal, { aborts: Set<() => void>; listener: () => void }>();

/** Calls `abort` when the signal fires; returns how to be rid of it. */
export function onAbort(signal: AbortSignal, abort: () => void): () => void {
  let entry = listeners.get(signal);
  if (!entry) {
    const aborts = new Set<() => void>();
    const listener = () => {
      for (const one of aborts) one();
    };
    entry = { aborts, listener };
    listeners.set(signal, entry);
    signal.addEventListener('abort', listener, { once: true });
  }
  const { aborts, listener } = entry;
  aborts.add(abort);
  return () => {
    if (!aborts.delete(abort) || aborts.size > 0) return;
    listeners.delete(signal);
    signal.removeEventListener('abort', listener);
  };
}

/** Why a signal fired. Polyfills may not say. */
function reasonOf(signal: AbortSignal): unknown {
  return signal.reason ?? new DOMException('This operation was aborted', 'AbortError');
}

/** Throws the signal's reason if it has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw reasonOf(signal);
}

/**
 * Starts native work and waits for it. `start` hands it to the dispatcher under an id.
 *
 * Errors are made here, after the wait, so that stacks show who called. An abort rejects at once with the signal's
 * reason; the request is cancelled and its connection closed.
 */
export async function run<T>(
  owner: Owner,
  decoder: Decode<unknown>,
  start: (dispatcher: NativeDispatcher, id: number) => void,
  signal?: AbortSignal,
): Promise<T> {
  throwIfAborted(signal);
  do last = (last + 1) >>> 0;
  while (last in pending);
  const id = last;
  checked(() => start(dispatcher, id));
  let forget: (() => void) | undefined;
  const waiting = new Promise<unknown>((settle, reject) => {
    pending[id] = { owner, decoder, settle };
    if (!signal) return;
    forget = onAbort(signal, () => {
      if (cancel(id)) reject(reasonOf(signal));
    });
  });
  const result = await (forget ? waiting.finally(forget) : waiting);
  if (result instanceof Failure) throw errorFrom(result.data) as ZhifuyunError;
  return result as T;
}

/** Cancels a call: nobody waits for it any more. False if it had ended. */
function cancel(id: number): boolean {
  if (!(id in pending)) return false;
  delete pending[id];
  dispatcher.cancel(id);
  return true;
}

/** Ends a call as if it had brought nothing. */
export function drop(id: number): void {
  const entry = pending[id];
  if (cancel(id)) entry?.settle(undefined);
}

/** From now on the calls of a client do not keep the process alive. */
export function release(owner: Owner): void {
  for (const id in pending) if (pending[id]?.owner === owner) dispatcher.release(Number(id));
}
