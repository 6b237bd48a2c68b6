import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { version } from './version';
import type { Open } from './webhooks/fast';

/** The native half: native/lib.rs. */
export interface Native {
  version(): string;
  layout(): string;
  panicNow(): void;
  Dispatcher: new (wake: () => void) => NativeDispatcher;
  NativeClient: new (options: string) => NativeClient;
  webhookOpener(this: void, keys: Uint8Array[]): Open;
}

/** Takes one completion. Texts that are empty are missing. */
export type Sink = (id: number, shape: number, text: string, long?: string | null, wide?: string | null) => void;

export interface NativeDispatcher {
  take(numbers: Float64Array, sink: Sink): number;
  cancel(id: number): void;
  release(id: number): void;
}

export interface NativeClient {
  call(dispatcher: NativeDispatcher, id: number, name: string, args: string, options?: string): void;
  walk(name: string, args: string, options?: string, how?: string): NativeWalk;
  quota(): string;
  events(): string[];
  close(): void;
}

export interface NativeWalk {
  next(dispatcher: NativeDispatcher, id: number): void;
  report(): string;
  close(): void;
}

const BUILT_FOR = [
  'darwin-arm64',
  'darwin-x64',
  'linux-arm64-gnu',
  'linux-arm64-musl',
  'linux-x64-gnu',
  'linux-x64-musl',
  'win32-arm64-msvc',
  'win32-x64-msvc',
];

/** The C library of Linux. Asking the report is exact but slow, so it is asked only where there is a musl loader. */
export function libc(): 'gnu' | 'musl' {
  const arch = process.arch === 'x64' ? 'x86_64' : process.arch === 'arm64' ? 'aarch64' : process.arch;
  // A machine may have both, and a Node of either.
  return existsSync(`/lib/ld-musl-${arch}.so.1`) && !reportsGlibc() ? 'musl' : 'gnu';
}

function reportsGlibc(): boolean {
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork?: boolean };
  const before = report.excludeNetwork;
  report.excludeNetwork = true; // Else the report asks DNS for the names of open connections.
  const { header } = report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  if (before !== undefined) report.excludeNetwork = before;
  return header.glibcVersionRuntime !== undefined;
}

/** The platform as the packages name it, such as `linux-x64-gnu`. */
export function platform(): string {
  const { platform: os, arch } = process;
  const suffix = os === 'linux' ? `-${libc()}` : os === 'win32' ? '-msvc' : '';
  return `${os}-${arch}${suffix}`;
}

/** A place that was looked at in vain. */
interface Miss {
  path: string;
  why: 'missing' | 'broken' | 'version';
  what: string;
  error?: unknown;
}

/** Loads the native half, or says what is missing and what to do. */
export function load(): Native {
  const misses: Miss[] = [];
  const attempt = (path: string): Native | undefined => {
    try {
      const native = require(path) as Native;
      const found = native.version();
      if (found === version) return native;
      misses.push({ path, why: 'version', what: `is version ${found}, this package is ${version}` });
    } catch (error) {
      const what = String((error as Error)?.message ?? error).split('\n', 1)[0] as string;
      misses.push({ path, why: isMissing(path, error) ? 'missing' : 'broken', what, error });
    }
    return undefined;
  };
  const override = process.env['ZHIFUYUN_NATIVE'];
  const name = override ? '' : platform();
  const native = override ? attempt(resolve(override)) : (attemptLocal(attempt) ?? attempt(`@zhifuyun/sdk-${name}`));
  if (native) return native;
  // What exists says more than what does not.
  const told = misses.find((miss) => miss.why !== 'missing') ?? misses[0];
  throw Object.assign(new Error(explain(override, name, misses, told), { cause: told?.error }), {
    code: 'ERR_ZHIFUYUN_NATIVE',
  });
}

/** Whether the place itself is not there, rather than something that it needs. */
function isMissing(path: string, error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'MODULE_NOT_FOUND' && String(message).includes(path);
}

/** What a build from source leaves beside the sources. Looked for first: that a package is missing takes long to find out. */
function attemptLocal(attempt: (path: string) => Native | undefined): Native | undefined {
  const path = join(__dirname, '..', 'zhifuyun.node');
  return existsSync(path) ? attempt(path) : undefined;
}

function advice(override: string | undefined, name: string, miss: Miss | undefined): string {
  const places = override
    ? 'ZHIFUYUN_NATIVE names this file, so no other place was looked at; correct it or unset it. '
    : '';
  if (miss?.why === 'version') {
    return `${places}Install the same version of both halves: remove node_modules and the lock file's entries of @zhifuyun, then install again.`;
  }
  if (miss?.why === 'broken') {
    return (
      `${places}The file is there but cannot be loaded here: the line above is the system's reason. It is cut off, was ` +
      `built for another system or a newer C library, or misses a library of the system.`
    );
  }
  if (override) return places.trim();
  if (!BUILT_FOR.includes(name)) {
    return `There is no build for this platform. There are builds for ${BUILT_FOR.join(', ')}.`;
  }
  return (
    `Install with optional dependencies (not --no-optional or --omit=optional), on the system that runs the program: ` +
    `node_modules or a lock file from another system lacks @zhifuyun/sdk-${name}. Bundlers must leave @zhifuyun/sdk ` +
    `out (in Next.js: serverExternalPackages).`
  );
}

function explain(override: string | undefined, name: string, misses: Miss[], told: Miss | undefined): string {
  const where = override ? '' : ` for ${name} (Node.js ${process.version})`;
  const tried = misses.map(({ path, what }) => `  tried ${path}: ${what}`).join('\n');
  return `@zhifuyun/sdk cannot load its native half${where}.\n${tried}\n${advice(override, name, told)}`;
}
