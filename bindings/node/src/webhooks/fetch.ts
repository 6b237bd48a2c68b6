import { type Answer, answerTo, notRaw, tooLarge, type Webhooks } from './webhooks';

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
    const answer = await answered(hooks, request);
    return new Response(answer.body, { status: answer.status, headers });
  };
}

async function answered(hooks: Webhooks, request: Request): Promise<Answer> {
  let body: Uint8Array;
  try {
    body = await rawBody(request, hooks.maxBodyBytes);
  } catch (error) {
    return answerTo(error);
  }
  return hooks.respond(request.headers, body);
}

/** The body, of which no more than the limit is kept, whatever its announced length. */
async function rawBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length')) > maxBytes) throw tooLarge(maxBytes);
  if (!request.body) return new Uint8Array();
  const reader = request.body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    size += next.value.length;
    if (size > maxBytes) {
      void drain(reader);
      throw tooLarge(maxBytes);
    }
    chunks.push(next.value);
  }
  if (chunks.length === 1) return chunks[0] as Uint8Array;
  const body = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}

/** Lets the rest pass: cancelling closes the connection on a sender that is still writing, and loses the answer. */
async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  try {
    while (!(await reader.read()).done);
  } catch {
    // The sender went away.
  }
}
