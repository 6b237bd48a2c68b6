import type { IncomingHttpHeaders } from 'node:http';
import { notRaw, type Webhooks } from './webhooks';

/** What is needed of Fastify; no dependency on it. */
export interface FastifyLike {
  register(plugin: (scope: FastifyScope, options: unknown, done: () => void) => void): unknown;
}

/** A scope of Fastify. */
export interface FastifyScope {
  removeAllContentTypeParsers(): void;
  addContentTypeParser(
    type: string,
    options: { parseAs: 'buffer'; bodyLimit: number },
    parser: (request: unknown, body: Buffer, done: (error: null, body: Buffer) => void) => void,
  ): unknown;
  post(path: string, handler: (request: FastifyRequestLike, reply: FastifyReplyLike) => Promise<unknown>): unknown;
}

/** A request of Fastify. */
export interface FastifyRequestLike {
  readonly headers: IncomingHttpHeaders;
  readonly body?: unknown;
}

/** A reply of Fastify. */
export interface FastifyReplyLike {
  code(status: number): FastifyReplyLike;
  header(name: string, value: string): FastifyReplyLike;
  send(body: string): unknown;
}

/**
 * Adds `POST path` to a Fastify application, in a scope of its own whose bodies stay raw; the parsers of other routes are
 * left alone.
 *
 * ```ts
 * fastify(app, '/zhifuyun', hooks);
 * ```
 */
export function fastify(app: FastifyLike, path: string, hooks: Webhooks): void {
  app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    // One byte over the limit may come in, so that it is this library that refuses, with its reason.
    const options = { parseAs: 'buffer', bodyLimit: hooks.maxBodyBytes + 1 } as const;
    scope.addContentTypeParser('*', options, (_request, body, parsed) => parsed(null, body));
    scope.post(path, async (request, reply) => {
      const body = request.body ?? new Uint8Array();
      if (!(body instanceof Uint8Array)) throw notRaw(body);
      const answer = await hooks.respond(request.headers, body);
      return reply.code(answer.status).header('content-type', 'application/json').send(answer.body);
    });
    done();
  });
}
