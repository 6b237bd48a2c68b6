// Results as plain data, read through public attributes only: docs/design/contract.md, "The projection".
import { inspect } from 'node:util';
import {
  Conversation,
  Model,
  Page,
  Statistics,
  Ticket,
  Trend,
  WebhookVerificationError,
  ZhifuyunError,
} from '@zhifuyun/sdk';
import type { Meta, Quota, Report, Timing } from '@zhifuyun/sdk';
import type { WebhookEvent } from '@zhifuyun/sdk/webhooks';
import type { Dict, Json } from './matching.mjs';

export const snake = (name: string) => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
export const camel = (name: string) => name.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase());

function plain(value: unknown): Json {
  if (value === undefined) return null;
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z');
  return value as Json;
}

const FIELDS = new Map<unknown, string[]>([
  [Conversation, ['id', 'userId', 'channel', 'status', 'createdAt', 'updatedAt', 'extra']],
  [
    Ticket,
    [
      'id',
      'title',
      'description',
      'status',
      'priority',
      'assigneeId',
      'customerEmail',
      'createdAt',
      'updatedAt',
      'extra',
    ],
  ],
  [Trend, ['date', 'conversations', 'tickets', 'extra']],
  [Statistics, ['totalConversations', 'totalTickets', 'avgResponseTime', 'satisfactionRate', 'trends', 'extra']],
  [Page, ['items', 'total', 'page', 'limit', 'hasNext', 'extra']],
]);

function model(value: Model): Dict {
  const fields = FIELDS.get(value.constructor);
  if (!fields) throw new Error(`unknown result ${value.constructor.name}`);
  const one = (v: unknown) => (Array.isArray(v) ? v.map((m) => model(m as Model)) : plain(v));
  return Object.fromEntries(
    fields.map((name) => [snake(name), one((value as unknown as Record<string, unknown>)[name])]),
  );
}

const timing = (t: Timing): Dict => ({
  total: t.totalMs / 1000,
  queued: t.queuedMs / 1000,
  token: t.tokenMs / 1000,
  backoff: t.backoffMs / 1000,
  network: t.networkMs / 1000,
});

const meta = (m: Meta): Dict => ({
  http_status: m.httpStatus,
  code: m.code ?? null,
  request_id: m.requestId ?? null,
  attempts: m.attempts,
  waited: m.waitedMs / 1000,
  timing: timing(m.timing),
});

/** The result of a call. */
export function result(value: unknown): Dict {
  return value instanceof Model ? { ...model(value), meta: meta(value.meta) } : {};
}

export const quota = (q: Quota): Dict => ({ used: q.used, limit: q.limit ?? null, next_free: q.nextFreeMs / 1000 });

/** What an iteration brought, whether or not it ended well. */
export function walked(items: Model[], report: Report): Dict {
  const projected = items.map(model);
  const ids = projected.map((item) => item['id'] as Json);
  return {
    count: items.length,
    unique: new Set(ids).size,
    ids,
    items: projected,
    report: {
      requests: report.requests,
      pages: report.pages,
      items: report.items,
      duplicates: report.duplicates,
      first_total: report.firstTotal ?? null,
      last_total: report.lastTotal ?? null,
      total_changed: report.totalChanged,
      passes: report.passes,
      complete: report.complete,
      stopped_by: report.stoppedBy,
    },
  };
}

/** An error; `text` is everything that a log could show of it. */
export function error(e: unknown): Dict {
  if (!(e instanceof ZhifuyunError)) throw e;
  const text = [String(e), e.stack, JSON.stringify(e), inspect(e, { depth: 9, showHidden: true })].join('\n');
  return {
    kind: e.kind,
    reason: e.reason,
    message: e.detail,
    operation: e.operation ?? null,
    argument: e.argument === undefined ? null : snake(e.argument).replace(/_ms$/, ''),
    code: e.code ?? null,
    http_status: e.httpStatus ?? null,
    request_id: e.requestId ?? null,
    retry_after: e.retryAfterMs === undefined ? null : e.retryAfterMs / 1000,
    attempts: e.attempts,
    maybe_applied: e.maybeApplied,
    fields: e.fields.map((f) => ({ field: f.field, message: f.message })),
    webhook_reason: e instanceof WebhookVerificationError ? e.webhookReason : null,
    timing: timing(e.timing),
    text,
  };
}

/** A webhook's event; its data as the API writes it. */
export function event(e: WebhookEvent): Dict {
  let data = plain(e.data);
  if (e.known) {
    const { extra, ...fields } = e.data;
    const present = Object.entries(fields).filter(([, v]) => v !== undefined);
    data = { ...Object.fromEntries(present.map(([k, v]) => [snake(k), plain(v)])), ...(extra as Dict) };
  }
  return {
    id: e.id ?? null,
    type: e.type,
    known: e.known,
    timestamp: plain(e.timestamp),
    sent_at: plain(e.sentAt),
    data,
    extra: e.extra as Dict,
    dedupe_key: e.dedupeKey,
  };
}
