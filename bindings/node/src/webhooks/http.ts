import type { IncomingMessage, ServerResponse } from 'node:http';
import { answer } from './raw';
import type { Answer, Webhooks } from './webhooks';

/** Settings of the plain adapter. */
export interface HttpOptions {
  /** Told what went wrong on this side; the sender gets 500. Default: a line on standard error. */
  onError?: (error: unknown) => void;
}

/**
 * A handler for `node:http`. Reads the raw body itself.
 *
 * ```ts
 * createServer(http(hooks)).listen(3000);
 * ```
 */
export function http(hooks: Webhooks, options: HttpOptions = {}) {
  const onError = options.onError ?? ((error) => console.error('a webhook could not be handled:', error));
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== 'POST') {
      response.setHeader('allow', 'POST');
      reply(response, { status: 405, body: '{"error":"method_not_allowed"}' });
      return;
    }
    try {
      reply(response, await answer(hooks, request));
    } catch (error) {
      // The sender is answered first: nobody awaits this, so what `onError` throws goes to the process.
      reply(response, { status: 500, body: '{"error":"internal"}' });
      onError(error);
    }
  };
}

function reply(response: ServerResponse, answer: Answer): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
}
