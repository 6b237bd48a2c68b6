import type { ServerResponse } from 'node:http';
import { WebhookVerificationError } from '../errors';
import { type NodeRequest, rawBody } from './raw';
import type { Webhooks } from './webhooks';

export type { NodeRequest };

/**
 * Middleware for Express 4 and 5. Reads the raw body itself: mount it before `express.json()`, or for its path only. If a
 * parser ate the body, the error goes to Express with a sentence that says so.
 *
 * ```ts
 * app.post('/zhifuyun', express(hooks));
 * ```
 */
export function express(hooks: Webhooks) {
  return async (request: NodeRequest, response: ServerResponse, next: (error?: unknown) => void): Promise<void> => {
    let answer: { status: number; body: string };
    try {
      answer = await hooks.respond(request.headers, await rawBody(request, hooks.maxBodyBytes));
    } catch (error) {
      if (!(error instanceof WebhookVerificationError) || error.answerStatus === 500) {
        next(error);
        return;
      }
      answer = { status: error.answerStatus, body: JSON.stringify({ error: error.webhookReason }) };
    }
    response.statusCode = answer.status;
    response.setHeader('content-type', 'application/json');
    response.end(answer.body);
  };
}
