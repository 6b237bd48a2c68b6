import { configError } from '../errors';
import { type Open, opener } from './fast';
import { places } from './places';
import { builtin } from './runtime';
import type { Template } from './scheme';

type NodeCrypto = typeof import('node:crypto');

let found: NodeCrypto | false | undefined;

/** The crypto module of Node, where there is one. Looked for when it is needed: it takes longer to load than all of this. */
function node(): NodeCrypto | false {
  return (found ??= builtin<NodeCrypto>('node:crypto') ?? false);
}

const encoder = new TextEncoder();

/** Strict base64; padding may be missing. */
function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  const bare = text.replace(/={1,2}$/, '');
  if (!/^[A-Za-z0-9+/]*$/.test(bare) || bare.length % 4 === 1) return undefined;
  if (bare !== text && text.length % 4 !== 0) return undefined;
  const bytes = Uint8Array.from(atob(bare), (c) => c.charCodeAt(0));
  return toBase64(bytes).replace(/=+$/, '') === bare ? bytes : undefined;
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

const BASE64_TAG = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;
const HEX_TAG = /^[0-9A-Fa-f]{64}$/;

/** Whether a text can be a signature. */
export function isTag(encoding: Template['encoding'], text: string): boolean {
  return (encoding === 'base64' ? BASE64_TAG : HEX_TAG).test(text);
}

/** Compares all characters of a MAC with a text, whatever they are. */
function same(mac: string, text: string): boolean {
  let different = mac.length ^ text.length;
  for (let i = 0; i < mac.length; i++) different |= mac.charCodeAt(i) ^ text.charCodeAt(i);
  return different === 0;
}

/** The key of one secret. Messages name a secret by its place; what it holds is never shown. */
function keyOf(secret: unknown, position: number, format: Template['secret']): Uint8Array<ArrayBuffer> {
  const bad = (what: string) => configError(`webhook secret ${position + 1} ${what}`);
  if (typeof secret !== 'string') throw bad('is not text');
  if (format === 'text') {
    if (secret === '') throw bad('is empty');
    return encoder.encode(secret);
  }
  const trimmed = secret.trim();
  if (/^wh[ps]k_/.test(trimmed)) throw bad('is an asymmetric key (whpk_, whsk_); this scheme needs a whsec_ secret');
  const text = trimmed.replace(/^whsec_/, '');
  if (text === '') throw bad('is empty');
  const key = fromBase64(text);
  if (!key) throw bad('is not base64 after `whsec_`; copy it again from the console, without quotes');
  if (key.length < 24 || key.length > 64) {
    const what = `holds ${key.length} bytes; Standard Webhooks asks for 24 to 64, so this is cut off or something else`;
    throw bad(what);
  }
  return key;
}

/** HMAC-SHA-256 with the secrets of one endpoint, by whatever this runtime has. */
export class Macs {
  readonly #keys: Uint8Array<ArrayBuffer>[];
  readonly #encoding: Template['encoding'];
  readonly #open: Open | undefined;
  #imported: Promise<CryptoKey[]> | undefined;

  constructor(secrets: readonly unknown[], template: Template) {
    this.#keys = secrets.map((secret, n) => keyOf(secret, n, template.secret));
    this.#encoding = template.encoding;
    this.#open = this.#encoding === 'base64' ? opener(this.#keys) : undefined;
  }

  /** How many secrets there are. */
  get size(): number {
    return this.#keys.length;
  }

  /**
   * Whether any signature is that of any secret; instead of `true` perhaps the body as text. Every one is compared with
   * every one, also after a match. What cannot be a signature matches nothing.
   */
  matches(prefix: string, body: Uint8Array, tags: readonly string[]): string | boolean | Promise<boolean> {
    const open = this.#open;
    if (open) return open(prefix, body, tags.length === 1 ? (tags[0] as string) : tags.join(','), places);
    // Hexadecimal may be written in capitals.
    const texts = this.#encoding === 'hex' ? tags.map((tag) => tag.toLowerCase()) : tags;
    const any = (macs: readonly string[]) => {
      let good = false;
      for (const mac of macs) for (const text of texts) good = same(mac, text) || good;
      return good;
    };
    const crypto = node();
    return crypto ? any(this.#byNode(crypto, prefix, body)) : this.#byWebCrypto(prefix, body).then(any);
  }

  /** What a sender writes, one for every secret. */
  async tags(prefix: string, body: Uint8Array): Promise<string[]> {
    const crypto = node();
    return crypto ? this.#byNode(crypto, prefix, body) : await this.#byWebCrypto(prefix, body);
  }

  #byNode(crypto: NodeCrypto, prefix: string, body: Uint8Array): string[] {
    return this.#keys.map((key) => crypto.createHmac('sha256', key).update(prefix).update(body).digest(this.#encoding));
  }

  async #byWebCrypto(prefix: string, body: Uint8Array): Promise<string[]> {
    const { subtle } = globalThis.crypto;
    const algorithm = { name: 'HMAC', hash: 'SHA-256' };
    this.#imported ??= Promise.all(this.#keys.map((key) => subtle.importKey('raw', key, algorithm, false, ['sign'])));
    const head = encoder.encode(prefix);
    const text = new Uint8Array(head.length + body.length);
    text.set(head);
    text.set(body, head.length);
    const written = this.#encoding === 'base64' ? toBase64 : toHex;
    const sign = async (key: CryptoKey) => written(new Uint8Array(await subtle.sign('HMAC', key, text)));
    return Promise.all((await this.#imported).map(sign));
  }
}

/** The SHA-256 of a body in hexadecimal. */
export async function sha256(body: Uint8Array): Promise<string> {
  const crypto = node();
  if (crypto) return crypto.createHash('sha256').update(body).digest('hex');
  return toHex(new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', body.slice())));
}
