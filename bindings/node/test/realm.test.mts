import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { createContext, runInContext } from 'node:vm';
import { Client } from '@zhifuyun/sdk';

const root = join(import.meta.dirname, '../../../..');

// What Jest does: modules live in a context of their own, native code in the main one.
test('errors are the same classes in another realm', async () => {
  const require = createRequire(import.meta.url);
  const globals = { process, console, AbortSignal, AbortController, TextEncoder, TextDecoder, performance, atob, btoa };
  const context = createContext({ ...globals, crypto, Uint8Array, ArrayBuffer });
  const modules = new Map<string, { exports: unknown }>();
  const load = (file: string): unknown => {
    const known = modules.get(file);
    if (known) return known.exports;
    const own = { exports: {} };
    modules.set(file, own);
    const local = (name: string) => {
      if (!name.startsWith('.')) return require(name);
      const path = createRequire(file).resolve(name);
      return load(path);
    };
    const wrapped = `(function (module, exports, require, __dirname) {${readFileSync(file, 'utf8')}\n})`;
    runInContext(wrapped, context)(own, own.exports, local, dirname(file));
    return own.exports;
  };
  const other = load(join(root, 'bindings/node/dist/index.js')) as typeof import('@zhifuyun/sdk');
  assert.notEqual(other.Client, Client);
  assert.throws(() => new other.Client({}), other.ConfigError);
  const unreachable = new other.Client({ clientId: 'a', clientSecret: 'b', baseUrl: 'http://127.0.0.1:9' });
  await assert.rejects(unreachable.conversations.list({ limit: 0 }), other.InvalidArgumentError);
  await assert.rejects(unreachable.conversations.iter({ limit: 0 }).toArray(), other.InvalidArgumentError);
});
