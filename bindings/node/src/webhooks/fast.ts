/** Compares in native code: `signatures` is base64 separated by commas. */
export interface FastMac {
  matches(prefix: string, body: Uint8Array, signatures: string): boolean;
}

let fast: ((keys: Uint8Array[]) => FastMac) | undefined;

/** Called by the main package when it is loaded: from then on new verifiers compare in native code. */
export function accelerate(make: (keys: Uint8Array[]) => FastMac): void {
  fast = make;
}

/** Native code for these keys, if it is there. */
export function fastMac(keys: Uint8Array[]): FastMac | undefined {
  return fast?.(keys);
}
