import type { ServerResponse } from 'node:http';
import { answer, type NodeRequest } from './raw';
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
    try {
      const { status, body } = await answer(hooks, request);
      response.statusCode = status;
      response.setHeader('content-type', 'application/json');
      response.end(body);
    } catch (error) {
      next(error);
    }
  };
}
