import { invalidArgument, refuse } from '../errors';
import { tag } from './mac';
import type { Template } from './scheme';

/**
 * The headers of a request in whatever shape a framework has them: `Headers`, Node's `request.rawHeaders` or
 * `request.headers`, a list of pairs or a map. Names are compared without regard to case, and in the form of CGI
 * (`HTTP_WEBHOOK_ID`). A header that came twice can only be told where its values were not joined.
 */
export type WebhookHeaders =
  | Iterable<readonly [string, string]>
  | readonly string[]
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/** Nothing, a value, or `null` for values that contradict each other. */
type Found = string | undefined | null;

/** The headers of a scheme. */
export interface Picked {
  readonly id: string;
  readonly timestamp: string | undefined;
  readonly signature: string;
}

const isBlank = (code: number) => code === 32 || code === 9;

function trim(value: string): string {
  // Nearly all have nothing to trim, and asking the ends is cheaper than a pattern.
  const blank = isBlank(value.charCodeAt(0)) || isBlank(value.charCodeAt(value.length - 1));
  return blank ? value.replace(/^[ \t]+|[ \t]+$/g, '') : value;
}

/** Whether `given` is the header `wanted`, which is in lower case. */
function isNamed(wanted: string, given: string): boolean {
  if (given === wanted) return true;
  if (given.length === wanted.length) return given.toLowerCase() === wanted;
  if (given.length !== wanted.length + 5) return false;
  const name = given.toLowerCase();
  return name.startsWith('http_') && name.slice(5).replaceAll('_', '-') === wanted.replaceAll('_', '-');
}

function visit(headers: WebhookHeaders, each: (name: string, value: string) => void): void {
  if (Array.isArray(headers) && typeof headers[0] === 'string') {
    const flat = headers as readonly string[];
    for (let i = 1; i < flat.length; i += 2) each(flat[i - 1] as string, flat[i] as string);
    return;
  }
  if (typeof headers !== 'object' || headers === null) {
    throw invalidArgument('headers', 'the headers must be an object, a list or a map');
  }
  if (Symbol.iterator in headers) {
    for (const [name, value] of headers as Iterable<readonly [string, string]>) each(name, value);
    return;
  }
  for (const name in headers) {
    const value = (headers as Record<string, unknown>)[name];
    if (typeof value === 'string') each(name, value);
    else if (Array.isArray(value)) for (const one of value as readonly string[]) each(name, one);
  }
}

/** The same value twice does no harm; two values leave open which one is meant. */
function add(found: Found, value: string): Found {
  const trimmed = trim(value);
  return found === undefined || found === trimmed ? trimmed : null;
}

function required(name: string, found: Found): string {
  if (typeof found === 'string') return found;
  if (found === undefined) {
    throw refuse('missing_header', `the header ${name} is missing: this is not a webhook, or a proxy removed it`);
  }
  const what = 'came twice with different values, and which one counts would be a guess';
  throw refuse('duplicate_header', `the header ${name} ${what}`);
}

/** Finds the headers of a scheme. */
export function pick(template: Template, headers: WebhookHeaders): Picked {
  const { idHeader, timestampHeader, signatureHeader } = template;
  let id: Found;
  let timestamp: Found;
  let signature: Found;
  visit(headers, (name, value) => {
    if (isNamed(signatureHeader, name)) signature = add(signature, value);
    else if (idHeader !== undefined && isNamed(idHeader, name)) id = add(id, value);
    else if (timestampHeader !== undefined && isNamed(timestampHeader, name)) timestamp = add(timestamp, value);
  });
  return {
    id: idHeader === undefined ? '' : required(idHeader, id),
    timestamp: timestampHeader === undefined ? undefined : required(timestampHeader, timestamp),
    signature: required(signatureHeader, signature),
  };
}

/** What a signature header holds. */
export interface Signatures {
  /** The timestamp, where the scheme puts it here. */
  readonly timestamp: Found;
  readonly tags: readonly string[];
  readonly malformed: boolean;
  readonly unsupported: boolean;
  readonly tooMany: boolean;
}

/** Every signature costs a comparison per secret, and a sender that rotates secrets needs two. */
const MAX_ENTRIES = 32;

/** Reads a signature header. */
export function signatures(template: Template, value: string): Signatures {
  const out = {
    timestamp: undefined as Found,
    tags: [] as string[],
    malformed: false,
    unsupported: false,
    tooMany: false,
  };
  const push = (text: string) => {
    const one = tag(template.encoding, text);
    if (one === undefined) out.malformed = true;
    else out.tags.push(one);
  };
  if (template.format === 'single') {
    if (value.startsWith(template.prefix)) push(value.slice(template.prefix.length));
    else out.unsupported = true;
    return out;
  }
  const [separator, equals] = template.format === 'list' ? [' ', ','] : [',', '='];
  let count = 0;
  // Not `split`: nearly all headers have one entry.
  for (let start = 0; start <= value.length && !out.tooMany; ) {
    const next = value.indexOf(separator, start);
    const end = next < 0 ? value.length : next;
    const entry = trim(value.slice(start, end));
    start = end + 1;
    if (entry === '') continue;
    if (++count > MAX_ENTRIES) out.tooMany = true;
    else read(entry);
  }
  return out;

  function read(entry: string): void {
    const at = entry.indexOf(equals);
    const name = entry.slice(0, Math.max(at, 0));
    if (at > 0 && name === template.version) push(entry.slice(at + 1));
    else if (at > 0 && name === template.timestampField) out.timestamp = add(out.timestamp, entry.slice(at + 1));
    else if (at > 0) out.unsupported = true;
    else out.malformed = true;
  }
}

/** The signatures that can be compared. */
export function usable(read: Signatures): readonly string[] {
  if (read.tooMany) {
    throw refuse('malformed_signature', 'the signature header has more than 32 entries; no sender needs that many');
  }
  if (read.tags.length > 0) return read.tags;
  if (read.unsupported && !read.malformed) {
    throw refuse(
      'no_supported_signature',
      'the signature header holds signatures of other versions or algorithms only: compare the scheme of this endpoint ' +
        'with that of the sender',
    );
  }
  throw refuse(
    'malformed_signature',
    'the signature header holds nothing that could be a signature: compare the scheme of this endpoint with that of the ' +
      'sender, and look for a proxy that changes headers',
  );
}

/** The value of a signature header. */
export function written(template: Template, timestamp: string, tags: readonly string[]): string {
  if (template.format === 'single') return `${template.prefix}${tags[0]}`;
  if (template.format === 'list') return tags.map((t) => `${template.version},${t}`).join(' ');
  const time = template.timestampField === undefined ? [] : [`${template.timestampField}=${timestamp}`];
  return [...time, ...tags.map((t) => `${template.version}=${t}`)].join(',');
}
