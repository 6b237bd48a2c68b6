import { configError } from '../errors';

/**
 * How a sender signs: which headers, which text, which encoding. The MAC is always HMAC-SHA-256. Take a named scheme,
 * change a field if need be, or read one with {@link schemeFromJson}.
 */
export interface SignatureScheme {
  /** The header with the webhook's id. Only an id that is part of `payload` may be named. */
  readonly idHeader?: string | undefined;
  /** Where the time of sending is: a header, a field of the signature header, or nowhere (then age is not checked). */
  readonly timestamp?: { readonly header: string } | { readonly field: string } | 'none' | undefined;
  /** The header with the signature or signatures. */
  readonly signatureHeader: string;
  /** `list`: `v1,<sig> v1,<sig>`. `fields`: `t=<time>,v1=<sig>`. `single`: `<prefix><sig>`. */
  readonly format: 'list' | 'fields' | 'single';
  /** The tag before each signature, such as `v1`; for `list` and `fields`. */
  readonly version?: string | undefined;
  /** The text before the signature, such as `sha256=`; for `single`. */
  readonly prefix?: string | undefined;
  /** How the 32 bytes of the MAC are written. */
  readonly encoding: 'base64' | 'hex';
  /** What is signed: `{id}`, `{timestamp}` and, at the end, `{body}`, with separators between them. */
  readonly payload: string;
  /** `standard`: base64 of 24 to 64 bytes, with or without `whsec_`. `text` (default): the UTF-8 bytes of the text. */
  readonly secret?: 'standard' | 'text' | undefined;
}

/** Standard Webhooks 1.0.0, the default. */
export const standard: SignatureScheme = Object.freeze({
  idHeader: 'webhook-id',
  timestamp: { header: 'webhook-timestamp' },
  signatureHeader: 'webhook-signature',
  format: 'list',
  version: 'v1',
  encoding: 'base64',
  payload: '{id}.{timestamp}.{body}',
  secret: 'standard',
} as const);

/** `t=<seconds>,v1=<hex>` in one header, over `timestamp.body`. No id. */
export function timestampedHex(header: string): SignatureScheme {
  const payload = '{timestamp}.{body}';
  return {
    timestamp: { field: 't' },
    signatureHeader: header,
    format: 'fields',
    version: 'v1',
    encoding: 'hex',
    payload,
  };
}

/** `sha256=<hex>` in one header, over the body alone. No id and no age. */
export function hex(header: string): SignatureScheme {
  return { signatureHeader: header, format: 'single', prefix: 'sha256=', encoding: 'hex', payload: '{body}' };
}

/** `<base64>` in one header, over the body alone. No id and no age. */
export function base64(header: string): SignatureScheme {
  return { signatureHeader: header, format: 'single', encoding: 'base64', payload: '{body}' };
}

const FROM_JSON: Record<string, keyof SignatureScheme> = {
  id_header: 'idHeader',
  timestamp: 'timestamp',
  signature_header: 'signatureHeader',
  format: 'format',
  version: 'version',
  prefix: 'prefix',
  encoding: 'encoding',
  payload: 'payload',
  secret: 'secret',
};

/** A scheme from the JSON that all languages read: `"standard"`, or an object with names in snake case. */
export function schemeFromJson(json: string): SignatureScheme {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw configError('the signature scheme cannot be read: it is not JSON');
  }
  if (value === 'standard') return standard;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw configError('the signature scheme cannot be read: it must be "standard" or an object');
  }
  const entries = Object.entries(value).map(([name, v]) => {
    const key = Object.hasOwn(FROM_JSON, name) ? FROM_JSON[name] : undefined;
    if (!key) throw configError(`the signature scheme cannot be read: there is no field ${name.slice(0, 64)}`);
    return [key, v ?? undefined] as const;
  });
  return Object.fromEntries(entries) as unknown as SignatureScheme;
}

/** A scheme that was checked and made ready to use. */
export interface Template {
  readonly idHeader: string | undefined;
  readonly timestampHeader: string | undefined;
  readonly timestampField: string | undefined;
  readonly signatureHeader: string;
  readonly format: SignatureScheme['format'];
  readonly version: string;
  readonly prefix: string;
  readonly encoding: SignatureScheme['encoding'];
  readonly secret: 'standard' | 'text';
  /** What follows the id: an id that contains it could end earlier or later than it was signed. */
  readonly afterId: string;
  /** What is signed before the body. */
  signed(id: string, timestamp: string): string;
}

const bad = (what: string) => configError(`the signature scheme does not make sense: ${what}`);
const TAG = /^[A-Za-z0-9]+$/;
const HEADER = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;

function oneOf(name: string, value: unknown, values: readonly unknown[]): void {
  if (!values.includes(value)) throw bad(`${name} must be one of ${values.filter((v) => v !== undefined).join(', ')}`);
}

function headerName(value: unknown): string {
  const name = typeof value === 'string' ? value.toLowerCase() : '';
  if (!HEADER.test(name)) throw bad('a header name is empty or has characters that header names cannot have');
  return name;
}

/** Checks a scheme. */
export function template(scheme: SignatureScheme): Template {
  if (typeof scheme !== 'object' || scheme === null) throw bad('it must be an object');
  const time = scheme.timestamp ?? 'none';
  const timestampHeader = typeof time === 'object' && 'header' in time ? headerName(time.header) : undefined;
  const timestampField = typeof time === 'object' && 'field' in time ? String(time.field) : undefined;
  if (time !== 'none' && timestampHeader === undefined && timestampField === undefined) {
    throw bad('the timestamp must be {header}, {field} or none');
  }
  const idHeader = scheme.idHeader === undefined ? undefined : headerName(scheme.idHeader);
  const signatureHeader = headerName(scheme.signatureHeader);
  const names = [idHeader, timestampHeader, signatureHeader].filter((name) => name !== undefined);
  if (new Set(names).size !== names.length) throw bad('two parts are read from the same header');
  oneOf('format', scheme.format, ['list', 'fields', 'single']);
  oneOf('encoding', scheme.encoding, ['base64', 'hex']);
  oneOf('secret', scheme.secret, ['standard', 'text', undefined]);
  checkFormat(scheme, timestampField);
  const { pieces, afterId } = cut(scheme, idHeader !== undefined, time !== 'none');
  return {
    idHeader,
    timestampHeader,
    timestampField,
    signatureHeader,
    format: scheme.format,
    version: scheme.version ?? '',
    prefix: scheme.prefix ?? '',
    encoding: scheme.encoding,
    secret: scheme.secret ?? 'text',
    afterId,
    signed(id, timestamp) {
      let text = '';
      for (const piece of pieces) text += piece === '{id}' ? id : piece === '{timestamp}' ? timestamp : piece;
      return text;
    },
  };
}

function checkFormat(scheme: SignatureScheme, field: string | undefined): void {
  const { version, prefix = '' } = scheme;
  if (scheme.format === 'single') {
    if (version !== undefined) throw bad('`version` is for the formats `list` and `fields`');
    if (!/^[\x21-\x7e]*$/.test(prefix)) throw bad('`prefix` must be printable ASCII without spaces');
  } else {
    if (!TAG.test(version ?? '')) throw bad('`version` must be letters and digits, such as v1, for this format');
    if (prefix) throw bad('`prefix` is for the format `single`');
    if (field !== undefined && (!TAG.test(field) || field === version)) {
      throw bad('the field of the timestamp must be letters and digits other than `version`');
    }
  }
  if (field !== undefined && scheme.format !== 'fields') throw bad('a timestamp in a field needs the format `fields`');
}

function cut(scheme: SignatureScheme, hasId: boolean, hasTime: boolean): { pieces: string[]; afterId: string } {
  const { payload } = scheme;
  if (typeof payload !== 'string' || !payload.endsWith('{body}')) throw bad('`payload` must end with {body}');
  const pieces = payload
    .slice(0, -'{body}'.length)
    .split(/(\{[^}]*\}?)/)
    .filter((piece) => piece !== '');
  let afterId = '';
  pieces.forEach((piece, position) => {
    if (!piece.startsWith('{')) {
      if (piece.includes('}')) throw bad('`payload` has a } without a {');
      return;
    }
    if (piece !== '{id}' && piece !== '{timestamp}') {
      throw bad('`payload` may hold {id}, {timestamp} and, at the end, {body}');
    }
    // Without a separator that digits cannot imitate, one signature would cover two messages.
    const separator = pieces[position + 1] ?? '';
    if (separator === '' || separator.startsWith('{') || /[A-Za-z0-9]/.test(separator)) {
      throw bad('{id} and {timestamp} must be followed by a separator without letters and digits');
    }
    if (piece === '{id}') afterId = separator;
  });
  const count = (wanted: string) => pieces.filter((piece) => piece === wanted).length;
  if (count('{id}') !== Number(hasId)) {
    throw bad('{id} must stand in `payload` once if, and only if, there is an `id_header`');
  }
  if (count('{timestamp}') !== Number(hasTime)) {
    throw bad('{timestamp} must stand in `payload` once if, and only if, there is a timestamp');
  }
  return { pieces, afterId };
}
