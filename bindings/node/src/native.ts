import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { version } from './version';

/** The native half: native/lib.rs. */
export interface Native {
  version(): string;
  layout(): string;
  panicNow(): void;
  Dispatcher: new (wake: () => void) => NativeDispatcher;
  NativeClient: new (options: string) => NativeClient;
  NativeMac: new (keys: Uint8Array[]) => NativeMac;
}

export interface NativeDispatcher {
  take(numbers: Float64Array, sink: (id: number, shape: number, text: string, wide?: string | null) => void): number;
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

export interface NativeMac {
  matches(prefix: string, body: Uint8Array, signatures: string): boolean;
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

/** The C library of Linux. The report is exact; the loader's files tell where a report is not to be had. */
export function libc(): 'gnu' | 'musl' {
  const report = process.report as (NodeJS.ProcessReport & { excludeNetwork?: boolean }) | undefined;
  if (report) {
    const before = report.excludeNetwork;
    report.excludeNetwork = true; // Else the report asks DNS for the names of open connections.
    try {
      const { header } = report.getReport() as unknown as { header?: { glibcVersionRuntime?: string } };
      if (header) return header.glibcVersionRuntime ? 'gnu' : 'musl';
    } finally {
      if (before !== undefined) report.excludeNetwork = before;
    }
  }
  try {
    return readdirSync('/lib').some((name) => name.startsWith('ld-musl-')) ? 'musl' : 'gnu';
  } catch {
    return 'gnu';
  }
}

/** The platform as the packages name it, such as `linux-x64-gnu`. */
export function platform(): string {
  const { platform: os, arch } = process;
  const suffix = os === 'linux' ? `-${libc()}` : os === 'win32' ? '-msvc' : '';
  return `${os}-${arch}${suffix}`;
}

function firstLine(error: unknown): string {
  return String((error as Error)?.message ?? error).split('\n', 1)[0] as string;
}

/** Loads the native half, or says what is missing and what to do. */
export function load(): Native {
  const tried: string[] = [];
  const attempt = (path: string): Native | undefined => {
    try {
      const native = require(path) as Native;
      const found = native.version();
      if (found === version) return native;
      tried.push(`${path}: is version ${found}, this package is ${version}`);
    } catch (error) {
      tried.push(`${path}: ${firstLine(error)}`);
    }
    return undefined;
  };
  const override = process.env['ZHIFUYUN_NATIVE'];
  const name = override ? '' : platform();
  const native = override ? attempt(resolve(override)) : (attemptPackage(name, attempt) ?? attemptLocal(attempt));
  if (native) return native;
  throw new Error(explain(override, name, tried));
}

function attemptPackage(name: string, attempt: (path: string) => Native | undefined): Native | undefined {
  return attempt(`@zhifuyun/sdk-${name}`);
}

/** What a build from source leaves beside the sources. */
function attemptLocal(attempt: (path: string) => Native | undefined): Native | undefined {
  const path = join(__dirname, '..', 'zhifuyun.node');
  return existsSync(path) ? attempt(path) : undefined;
}

function explain(override: string | undefined, name: string, tried: string[]): string {
  let advice: string;
  if (override) {
    advice = 'ZHIFUYUN_NATIVE names this file, so no other place was looked at; correct it or unset it.';
  } else if (!BUILT_FOR.includes(name)) {
    advice = `There is no build for this platform. There are builds for ${BUILT_FOR.join(', ')}.`;
  } else {
    advice =
      `Install with optional dependencies (not --no-optional or --omit=optional), on the system that runs the program: ` +
      `node_modules or a lock file from another system lacks @zhifuyun/sdk-${name}. Bundlers must leave @zhifuyun/sdk ` +
      `out (in Next.js: serverExternalPackages).`;
  }
  const where = override ? '' : ` for ${name} (Node.js ${process.version})`;
  return `@zhifuyun/sdk cannot load its native half${where}.\n${tried.map((t) => `  tried ${t}`).join('\n')}\n${advice}`;
}
