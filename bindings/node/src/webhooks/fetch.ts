import { notRaw, type Webhooks } from './webhooks';

/** What is needed of a context such as Hono's. */
export interface ContextLike {
  readonly req: { readonly raw: Request };
}

/**
 * A handler for everything that speaks `Request` and `Response`: Hono, Next.js route handlers, Cloudflare Workers, Deno,
 * Bun. Reads the raw body itself.
 *
 * ```ts
 * app.post('/zhifuyun', fetch(hooks));           // Hono
 * export const POST = fetch(hooks);              // Next.js
 * export default { fetch: fetch(hooks) };        // Workers
 * ```
 */
export function fetch(hooks: Webhooks) {
  return async (input: Request | ContextLike): Promise<Response> => {
    const request = 'req' in input ? input.req.raw : input;
    const headers = { 'content-type': 'application/json' };
    if (request.method !== 'POST') {
      const body = '{"error":"method_not_allowed"}';
      return new Response(body, { status: 405, headers: { ...headers, allow: 'POST' } });
    }
    if (request.bodyUsed) throw notRaw({});
    const length = Number(request.headers.get('content-length') ?? 0);
    // What announces itself as too large is not read.
    const answer =
      length > hooks.maxBodyBytes
        ? { status: 413, body: '{"error":"body_too_large"}' }
        : await hooks.respond(request.headers, await request.arrayBuffer());
    return new Response(answer.body, { status: answer.status, headers });
  };
}
