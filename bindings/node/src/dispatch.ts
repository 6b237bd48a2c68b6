import { type Decode, decode, Shape } from './decode';
import { type ErrorData, errorFrom, type ZhifuyunError } from './errors';
import { load, type Native, type NativeDispatcher } from './native';

/** The native half, loaded with this module. */
export const native: Native = load();

interface Pending {
  decoder: Decode<unknown>;
  settle(result: unknown): void;
  /** Called before the result is handed over. */
  arrived: (() => void) | undefined;
}

/** A failure on its way to the function that throws it, so that the stack is the caller's. */
class Failure {
  constructor(readonly data: ErrorData) {}
}

const pending = new Map<number, Pending>();
let last = 0;
let columns = new Float64Array(4096);

function sink(id: number, shape: number, text: string, wide?: string | null): void {
  const entry = pending.get(id) as Pending;
  pending.delete(id);
  entry.settle(read(entry.decoder, shape, text, wide ?? ''));
  entry.arrived?.();
}

function read(decoder: Decode<unknown>, shape: Shape, text: string, wide: string): unknown {
  try {
    if (shape === Shape.Error) return new Failure(JSON.parse(text || wide) as ErrorData);
    return decode(shape, decoder, text, wide, columns);
  } catch (error) {
    const detail = `a result could not be read: ${error instanceof Error ? error.message : 'unknown'}`;
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

/** The error that a synchronous export threw. */
export function thrown(error: unknown): unknown {
  if (!(error instanceof Error) || !error.message.startsWith('{')) return error;
  return errorFrom(JSON.parse(error.message) as ErrorData);
}

/** Runs a synchronous export; what it throws becomes an error of this library with the caller's stack. */
export function checked<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw thrown(error);
  }
}

/**
 * Starts native work and waits for it. `start` hands it to the dispatcher under an id.
 *
 * Errors are made here, after the wait, so that stacks show who called. An abort rejects at once with the signal's
 * reason; the request is cancelled and its connection closed.
 */
export async function run<T>(
  decoder: Decode<unknown>,
  start: (dispatcher: NativeDispatcher, id: number) => void,
  signal?: AbortSignal,
  arrived?: () => void,
): Promise<T> {
  signal?.throwIfAborted();
  do last = (last + 1) >>> 0;
  while (pending.has(last));
  const id = last;
  let onAbort: (() => void) | undefined;
  const result = await new Promise<unknown>((settle, reject) => {
    try {
      start(dispatcher, id);
    } catch (error) {
      reject(thrown(error));
      return;
    }
    pending.set(id, { decoder, settle, arrived });
    if (signal) {
      onAbort = () => {
        pending.delete(id);
        dispatcher.cancel(id);
        reject(signal.reason);
      };
      signal.addEventListener('abort', onAbort, { once: true });
    }
  }).finally(onAbortCleanup);
  if (result instanceof Failure) throw errorFrom(result.data) as ZhifuyunError;
  return result as T;

  function onAbortCleanup(): void {
    if (onAbort) signal?.removeEventListener('abort', onAbort);
  }
}
