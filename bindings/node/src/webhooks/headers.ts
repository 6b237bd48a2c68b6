import { invalidArgument, refuse } from '../errors';
import { isTag } from './mac';
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

/** Whether two texts begin with the same letter, of whatever case. Tells most names apart. */
const beginAlike = (a: string, b: string) => (a.charCodeAt(0) | 32) === (b.charCodeAt(0) | 32);

/** Whether `given` is the header `wanted`, which is in lower case, but written otherwise. */
function isWritten(wanted: string, given: string): boolean {
  if (given.length === wanted.length) return beginAlike(given, wanted) && given.toLowerCase() === wanted;
  if (given.length !== wanted.length + 5 || !beginAlike(given, 'http_')) return false;
  const name = given.toLowerCase();
  return name.startsWith('http_') && name.slice(5).replaceAll('_', '-') === wanted.replaceAll('_', '-');
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

/** Finds the headers of a scheme among those of a request. */
class Finder {
  signature: Found;
  id: Found;
  timestamp: Found;

  constructor(readonly template: Template) {}

  header(given: string, value: string): void {
    const { signatureHeader, idHeader, timestampHeader } = this.template;
    if (given === signatureHeader) this.signature = add(this.signature, value);
    else if (given === idHeader) this.id = add(this.id, value);
    else if (given === timestampHeader) this.timestamp = add(this.timestamp, value);
    else if (isWritten(signatureHeader, given)) this.header(signatureHeader, value);
    else if (idHeader !== undefined && isWritten(idHeader, given)) this.header(idHeader, value);
    else if (timestampHeader !== undefined && isWritten(timestampHeader, given)) this.header(timestampHeader, value);
  }

  all(headers: WebhookHeaders): void {
    if (Array.isArray(headers) && typeof headers[0] === 'string') {
      const flat = headers as readonly string[];
      for (let i = 1; i < flat.length; i += 2) this.header(flat[i - 1] as string, flat[i] as string);
      return;
    }
    if (typeof headers !== 'object' || headers === null) {
      throw invalidArgument('headers', 'the headers must be an object, a list or a map');
    }
    if (Symbol.iterator in headers) {
      for (const [name, value] of headers as Iterable<readonly [string, string]>) this.header(name, value);
      return;
    }
    for (const name in headers) {
      const value = (headers as Record<string, unknown>)[name];
      if (typeof value === 'string') this.header(name, value);
      else if (Array.isArray(value)) for (const one of value as readonly string[]) this.header(name, one);
    }
  }
}

/** Finds the headers of a scheme. */
export function pick(template: Template, headers: WebhookHeaders): Picked {
  const { idHeader, timestampHeader, signatureHeader } = template;
  const found = new Finder(template);
  found.all(headers);
  return {
    id: idHeader === undefined ? '' : required(idHeader, found.id),
    timestamp: timestampHeader === undefined ? undefined : required(timestampHeader, found.timestamp),
    signature: required(signatureHeader, found.signature),
  };
}

/** What a signature header holds. */
export interface Signatures {
  /** The timestamp, where the scheme puts it here. */
  timestamp: Found;
  /** What is as long as a signature; {@link refuseUnusable} says whether it can be one. */
  readonly tags: string[];
  malformed: boolean;
  unsupported: boolean;
  tooMany: boolean;
}

/** Every signature costs a comparison per secret, and a sender that rotates secrets needs two. */
const MAX_ENTRIES = 32;

/** Reads a signature header. */
export function signatures(template: Template, value: string): Signatures {
  const out: Signatures = { timestamp: undefined, tags: [], malformed: false, unsupported: false, tooMany: false };
  if (template.format === 'single') {
    if (value.startsWith(template.prefix)) addTag(template, value.slice(template.prefix.length), out);
    else out.unsupported = true;
    return out;
  }
  const separator = template.format === 'list' ? ' ' : ',';
  let count = 0;
  // Not `split`: nearly all headers have one entry.
  for (let start = 0; start <= value.length && !out.tooMany; ) {
    const next = value.indexOf(separator, start);
    const end = next < 0 ? value.length : next;
    const entry = trim(value.slice(start, end));
    start = end + 1;
    if (entry === '') continue;
    if (++count > MAX_ENTRIES) out.tooMany = true;
    else addEntry(template, entry, out);
  }
  return out;
}

function addEntry(template: Template, entry: string, out: Signatures): void {
  const at = entry.indexOf(template.format === 'list' ? ',' : '=');
  const isNamed = (name: string | undefined) => name !== undefined && at === name.length && entry.startsWith(name);
  if (at <= 0) out.malformed = true;
  else if (isNamed(template.version)) addTag(template, entry.slice(at + 1), out);
  else if (isNamed(template.timestampField)) out.timestamp = add(out.timestamp, entry.slice(at + 1));
  else out.unsupported = true;
}

function addTag(template: Template, text: string, out: Signatures): void {
  if (text.length === (template.encoding === 'base64' ? 44 : 64)) out.tags.push(text);
  else out.malformed = true;
}

/** Refuses a signature header without a signature that can be compared, and says why. */
export function refuseUnusable(template: Template, read: Signatures): void {
  if (read.tooMany) {
    throw refuse('malformed_signature', 'the signature header has more than 32 entries; no sender needs that many');
  }
  if (read.tags.some((tag) => isTag(template.encoding, tag))) return;
  if (read.unsupported && !read.malformed && read.tags.length === 0) {
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
