/**
 * For tests of programs that use the SDK: a mock server of your own, and signed webhooks.
 *
 * @packageDocumentation
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { Client } from '../index';
import { configError } from '../errors';
import type { ClientOptions } from '../options';
import { Webhooks, type WebhooksOptions } from '../webhooks/webhooks';

/** How to start the mock server. */
export interface MockServerOptions {
  /** The program. Default: `ZHIFUYUN_MOCK_SERVER`, or `zhifuyun-mock-server` on the path. */
  command?: string | undefined;
  /** Further arguments, such as `['--conversations', '1000']`: see `zhifuyun-mock-server --help`. */
  args?: readonly string[] | undefined;
  /** How long starting may take, in milliseconds. Default 10,000. */
  timeoutMs?: number | undefined;
}

interface Ready {
  url: string;
  control_url: string;
  client_id: string;
  client_secret: string;
  webhook_secret: string;
  pid: number;
}

/**
 * A mock server of your own: the whole API with state, limits, webhooks, a clock and faults. It ends with the program that
 * started it.
 *
 * ```ts
 * await using server = await MockServer.start({ args: ['--conversations', '100'] });
 * const client = server.client();
 * ```
 */
export class MockServer implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #ready: Ready;

  private constructor(process: ChildProcess, ready: Ready) {
    this.#process = process;
    this.#ready = ready;
  }

  /** Starts a server on a free port and waits until it is ready. */
  static async start(options: MockServerOptions = {}): Promise<MockServer> {
    const command = options.command || process.env['ZHIFUYUN_MOCK_SERVER'] || 'zhifuyun-mock-server';
    const args = ['--port', '0', '--exit-with-stdin', '--log', 'error', ...(options.args ?? [])];
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const { timeoutMs = 10_000 } = options;
    try {
      const ready = JSON.parse(await firstLine(child, command, timeoutMs)) as Ready;
      // It ends with this program, so one that was forgotten must not keep it alive.
      keepsAlive(child, false);
      return new MockServer(child, ready);
    } catch (error) {
      child.kill();
      throw error;
    }
  }

  /** The server's address. */
  get url(): string {
    return this.#ready.url;
  }

  /** The address of its control plane: docs/mock-server.md. */
  get controlUrl(): string {
    return this.#ready.control_url;
  }

  /** What a client of this server needs. */
  get credentials(): { clientId: string; clientSecret: string; baseUrl: string } {
    return { clientId: this.#ready.client_id, clientSecret: this.#ready.client_secret, baseUrl: this.url };
  }

  /** What webhooks are signed with. */
  get webhookSecret(): string {
    return this.#ready.webhook_secret;
  }

  /** A client of this server. */
  client(options: ClientOptions = {}): Client {
    return new Client({ ...this.credentials, ...options });
  }

  /** A verifier, and signer, of this server's webhooks. */
  webhooks(options: Omit<WebhooksOptions, 'secrets'> = {}): Webhooks {
    return new Webhooks({ ...options, secrets: [this.webhookSecret] });
  }

  /** Asks the control plane, such as `control('POST', '/clock/advance', { seconds: 3600 })`. */
  async control(method: string, path: string, body?: unknown): Promise<unknown> {
    const init = { method, headers: { 'content-type': 'application/json' } };
    const answer = await fetch(
      `${this.controlUrl}${path}`,
      body === undefined ? init : { ...init, body: JSON.stringify(body) },
    );
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  /** Ends the server and waits until it is gone. */
  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    keepsAlive(this.#process, true);
    const gone = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.stdin?.end();
    await gone;
  }

  /** {@link MockServer.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Names the server, and no secret. */
  toJSON(): Record<string, unknown> {
    return { url: this.url };
  }
}

/** Whether this program waits for the child to end. */
function keepsAlive(child: ChildProcess, alive: boolean): void {
  // The pipes are sockets, whatever the types say.
  for (const part of [child, child.stdin, child.stdout] as unknown as Socket[]) alive ? part.ref() : part.unref();
}

function firstLine(child: ChildProcess, command: string, timeoutMs: number): Promise<string> {
  return new Promise((ready, lost) => {
    const fail = (what: string) => {
      clearTimeout(timer);
      lost(configError(`the mock server ${what}; set ZHIFUYUN_MOCK_SERVER or pass command (it was ${command})`));
    };
    const timer = setTimeout(() => fail(`was not ready within ${timeoutMs} ms`), timeoutMs);
    let text = '';
    child.stdout?.on('data', (data: Buffer) => {
      text += data.toString();
      if (!text.includes('\n')) return;
      clearTimeout(timer);
      ready(text.slice(0, text.indexOf('\n')));
    });
    child.once('error', (error) => fail(`cannot be started (${error.message})`));
    child.once('exit', (code) => fail(`ended before it was ready (${code})`));
  });
}
