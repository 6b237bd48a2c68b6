type GetBuiltin = (name: string) => unknown;

/** A module of Node, where there is one: no import, so that edge runtimes and bundlers are left in peace. */
export function builtin<T>(name: string): T | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: GetBuiltin } };
  return process?.getBuiltinModule?.(name) as T | undefined;
}

const buffer = builtin<typeof import('node:buffer')>('node:buffer');
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of bytes that must be UTF-8; a byte order mark stays. Throws if they are not. */
export function utf8(bytes: Uint8Array): string {
  if (!buffer) return decoder.decode(bytes);
  if (!buffer.isUtf8(bytes)) throw new TypeError('not UTF-8');
  const { Buffer } = buffer;
  const view = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.toString('utf8');
}
