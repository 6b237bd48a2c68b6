import { camelKeys } from './decode';

/** Something that a client did. Carries no secret, no URL with a query and no body. Times are milliseconds. */
export type ClientEvent =
  | { event: 'request'; operation: string; method: string; path: string; attempt: number }
  | {
      event: 'response';
      operation: string;
      attempt: number;
      httpStatus: number;
      code?: number;
      requestId?: string;
      elapsedMs: number;
    }
  | { event: 'retry'; operation: string; attempt: number; reason: string; delayMs: number }
  | { event: 'wait'; operation: string; cause: string; durationMs: number }
  | { event: 'refresh'; ok: boolean; background: boolean }
  /** So many events were lost, because nobody took them. */
  | { event: 'dropped'; count: number };

/** Hands events over. A listener that throws must not fail the call that it watched, nor, if it is async, the process. */
export function tell(listener: (event: ClientEvent) => unknown, events: string[]): void {
  for (const json of events) {
    const event = camelKeys(JSON.parse(json) as Record<string, unknown>, ['elapsed', 'delay', 'duration']);
    try {
      const later = listener(event as ClientEvent);
      if (later !== undefined) Promise.resolve(later).catch(warn);
    } catch (error) {
      warn(error);
    }
  }
}

function warn(error: unknown): void {
  process.emitWarning(`onEvent threw: ${shown(error)}`, 'ZhifuyunWarning');
}

/** What was thrown, also if it is not an error, or nothing that can be shown. */
function shown(thrown: unknown): string {
  try {
    return String((thrown as Error)?.message ?? thrown);
  } catch {
    return 'something that cannot be shown';
  }
}
