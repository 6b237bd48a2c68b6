// Values of an event by their places in its text, where native code has found them (native/event.rs): parsing the JSON
// takes several times as long.
//
// Module state, because nothing is awaited between the call that fills it and the reading.
import { instant, usual } from './instant';

/** The type, then begin and end of the timestamp and of each field, in UTF-16 units; -1 for what is not there. */
export const places = new Int32Array(21).fill(-1);

/** Cuts a value out of the text: the timestamp is the first. */
export function cut(raw: string, position: number): string | undefined {
  const begin = places[2 * position + 1] as number;
  return begin < 0 ? undefined : raw.slice(begin, places[2 * position + 2]);
}

/** The same for a time. If it is none, the event is not of the usual kind. */
export function cutTime(raw: string, position: number): Date | undefined {
  const begin = places[2 * position + 1] as number;
  if (begin < 0) return undefined;
  const date = usual(raw, begin, places[2 * position + 2] as number) ?? instant(cut(raw, position));
  if (!date) places[0] = -1;
  return date;
}
