// What the tests share: one mock server per test file.
import { join } from 'node:path';
import { after } from 'node:test';
import { MockServer } from '@zhifuyun/sdk/testing';

export const root = join(import.meta.dirname, '../../../..');
export const command = process.env['ZHIFUYUN_MOCK_SERVER'] ?? join(root, 'target/debug/zhifuyun-mock-server');

export async function start(...args: string[]): Promise<MockServer> {
  const server = await MockServer.start({ command, args });
  after(() => server.close());
  return server;
}
