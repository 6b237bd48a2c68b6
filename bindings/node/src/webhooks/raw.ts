import type { IncomingMessage } from 'node:http';
import { type Answer, answerTo, notRaw, type RawBody, tooLarge, type Webhooks } from './webhooks';

/** A request of Node, to which frameworks and hosts may have added the body. */
export type NodeRequest = IncomingMessage & { body?: unknown; rawBody?: unknown };

/** Reads a webhook and answers it. What is wrong on this side is thrown. */
export async function answer(hooks: Webhooks, request: NodeRequest): Promise<Answer> {
  let body: RawBody;
  try {
    body = await rawBody(request, hooks.maxBodyBytes);
  } catch (error) {
    return answerTo(error);
  }
  // Node joins the values of a header that came twice; here they are still apart.
  return hooks.respond(request.rawHeaders?.length ? request.rawHeaders : request.headers, body);
}

/** The raw body of a request: what is left on the stream, or what somebody kept of it. */
async function rawBody(request: NodeRequest, maxBytes: number): Promise<RawBody> {
  for (const kept of [request.rawBody, request.body]) {
    if (typeof kept === 'string' || kept instanceof ArrayBuffer || ArrayBuffer.isView(kept)) return kept as RawBody;
  }
  // Parsers that found nothing to do leave `{}` behind, and the stream as it was.
  if (request.readableDidRead || request.readableEnded) throw notRaw(request.body ?? {});
  try {
    const chunks = Number(request.headers['content-length']) > maxBytes ? undefined : await read(request, maxBytes);
    if (chunks) return Buffer.concat(chunks);
    throw tooLarge(maxBytes);
  } finally {
    // What is left may pass: closing the connection on a sender that is still writing would lose the answer.
    request.resume();
  }
}

/** What is on the stream, or nothing if it is more than the limit. */
async function read(request: NodeRequest, maxBytes: number): Promise<Buffer[] | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer | string>) {
    // With an encoding set, the bytes are gone.
    if (typeof chunk === 'string') throw notRaw(chunk);
    size += chunk.length;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return chunks;
}
