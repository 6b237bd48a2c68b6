import type { IncomingMessage, ServerResponse } from 'node:http';
import { WebhookVerificationError } from '../errors';
import { rawBody } from './raw';
import type { Webhooks } from './webhooks';

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
    let answer = { status: 500, body: '{"error":"internal"}' };
    if (request.method !== 'POST') {
      response.setHeader('allow', 'POST');
      answer = { status: 405, body: '{"error":"method_not_allowed"}' };
    } else {
      try {
        answer = await hooks.respond(request.headers, await rawBody(request, hooks.maxBodyBytes));
      } catch (error) {
        if (error instanceof WebhookVerificationError && error.answerStatus !== 500) {
          answer = { status: error.answerStatus, body: JSON.stringify({ error: error.webhookReason }) };
        } else onError(error);
      }
    }
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
  };
}
