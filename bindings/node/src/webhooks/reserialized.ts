import { utf8 } from './runtime';

// Finding out that a body was parsed and written again: the commonest mistake of receivers is to pass
// JSON.stringify(request.body). The forms that common libraries write are tried, only to give the right advice.

/** Larger bodies get no advice: who sends rubbish must not make the receiver compute over it many times. */
const MAX_BYTES = 32 * 1024;

interface Style {
  readonly comma: string;
  readonly colon: string;
  readonly ascii: boolean;
  readonly slashes: boolean;
}

const STYLES: readonly Style[] = [
  { comma: ',', colon: ':', ascii: false, slashes: false }, // JavaScript, Rust, Go, Jackson
  { comma: ', ', colon: ': ', ascii: true, slashes: false }, // Python
  { comma: ', ', colon: ': ', ascii: false, slashes: false }, // Python, ensure_ascii=False
  { comma: ',', colon: ':', ascii: true, slashes: true }, // PHP
  { comma: ',', colon: ':', ascii: true, slashes: false }, // Python compact, PHP with JSON_UNESCAPED_SLASHES
];

/** Whether `good` holds for the body in any other form. */
export async function reserialized(body: Uint8Array, good: (other: Uint8Array) => unknown) {
  if (body.length > MAX_BYTES) return false;
  let text: string;
  try {
    text = utf8(body);
    JSON.parse(text);
  } catch {
    return false;
  }
  const trimmed = text.replace(/^[ \t\r\n\f]+|[ \t\r\n\f]+$/g, '');
  const encoder = new TextEncoder();
  for (const form of [trimmed, `${trimmed}\n`, ...STYLES.map((style) => write(trimmed, style))]) {
    if (await good(encoder.encode(form))) return true;
  }
  return false;
}

/** Writes valid JSON in another style. Order of keys and form of numbers stay: libraries keep them. */
function write(json: string, style: Style): string {
  return json.replace(/"(?:[^"\\]|\\.)*"|[\s,:]/g, (token) => {
    if (token === ',') return style.comma;
    if (token === ':') return style.colon;
    return token.startsWith('"') ? string(JSON.parse(token) as string, style) : '';
  });
}

function string(value: string, style: Style): string {
  // JSON.stringify escapes control characters and lone surrogates as all of these libraries do.
  let text = JSON.stringify(value);
  if (style.slashes) text = text.replaceAll('/', '\\/');
  if (!style.ascii) return text;
  return text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
