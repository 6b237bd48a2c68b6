import type { IncomingMessage } from 'node:http';
import { refuse } from '../errors';
import { notRaw } from './webhooks';

/** A request of Node, to which frameworks and hosts may have added the body. */
export type NodeRequest = IncomingMessage & { body?: unknown; rawBody?: unknown };

/** The raw body of a request: what is left on the stream, or what somebody kept of it. */
export async function rawBody(request: NodeRequest, maxBytes: number): Promise<Uint8Array> {
  if (request.rawBody instanceof Uint8Array) return request.rawBody;
  if (request.body instanceof Uint8Array) return request.body;
  if (request.readableEnded || request.body !== undefined) {
    throw notRaw(request.body ?? {});
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer | string>) {
    // With an encoding set, the bytes are gone.
    if (typeof chunk === 'string') throw notRaw(chunk);
    size += chunk.length;
    if (size > maxBytes) {
      request.resume();
      throw refuse('body_too_large', `the body has more than ${maxBytes} bytes: raise maxBodyBytes if that is right`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
