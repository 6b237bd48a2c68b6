/**
 * Compares in native code: `signatures` is base64 separated by commas. If one is good, the body is the answer, or `true`
 * where it is not UTF-8: V8 takes far longer to read what is beyond ASCII. Into `places` goes where the values of its
 * event lie, if it is of the usual kind; native/event.rs says which that is.
 */
export type Open = (prefix: string, body: Uint8Array, signatures: string, places: Int32Array) => string | boolean;

let fast: ((keys: Uint8Array[]) => Open) | undefined;

/** Called by the main package when it is loaded: from then on new verifiers compare in native code. */
export function accelerate(make: (keys: Uint8Array[]) => Open): void {
  fast = make;
}

/** Native code for these keys, if it is there. */
export function opener(keys: Uint8Array[]): Open | undefined {
  return fast?.(keys);
}
