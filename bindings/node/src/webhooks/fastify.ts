import { answer, type NodeRequest } from './raw';
import type { Webhooks } from './webhooks';

/** What is needed of Fastify; no dependency on it. */
export interface FastifyLike {
  register(plugin: (scope: FastifyScope, options: unknown, done: () => void) => void): unknown;
}

/** A scope of Fastify. */
export interface FastifyScope {
  removeAllContentTypeParsers(): void;
  addContentTypeParser(
    type: string,
    parser: (request: unknown, payload: unknown, done: (error: null) => void) => void,
  ): unknown;
  post(path: string, handler: (request: FastifyRequestLike, reply: FastifyReplyLike) => Promise<unknown>): unknown;
}

/** A request of Fastify. */
export interface FastifyRequestLike {
  readonly raw: unknown;
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
    scope.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null));
    scope.post(path, async (request, reply) => {
      const { status, body } = await answer(hooks, request.raw as NodeRequest);
      return reply.code(status).header('content-type', 'application/json').send(body);
    });
    done();
  });
}
