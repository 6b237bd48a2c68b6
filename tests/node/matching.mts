// Comparing what was expected with what came: docs/design/contract.md, "Expectations".

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Dict = { [key: string]: Json };

const short = (value: unknown) => JSON.stringify(value)?.slice(0, 600);

/** Refuses an object with a key that nobody knows: it would be an assertion that nobody makes. */
export function keys(what: string, value: Json | undefined, known: readonly string[]): Dict {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${what}: no object`);
  for (const key of Object.keys(value)) if (!known.includes(key)) throw new Error(`${what}: unknown key ${key}`);
  return value;
}

/** What is at a path of keys and positions; null where nothing is. */
export function at(value: Json | undefined, path: string): Json {
  let found = value;
  for (const step of path.split('.')) {
    const own: boolean = typeof found === 'object' && found !== null && Object.hasOwn(found, step);
    found = own ? (found as Dict)[step] : null;
  }
  return found ?? null;
}

/** Compares the value at each path. The first step of a path must be a key of what is looked at. */
export function paths(what: string, expected: Json | undefined, actual: Json): void {
  for (const [path, wanted] of Object.entries(expected as Dict)) {
    const head = path.split('.')[0] as string;
    if (!Object.hasOwn(actual as Dict, head)) throw new Error(`${what}: there is no ${head} in ${short(actual)}`);
    value(`${what}.${path}`, wanted, at(actual, path));
  }
}

/** Compares one value: literally, or by an operator. */
export function value(what: string, expected: Json, actual: Json): void {
  if (!holds(what, expected, actual)) throw new Error(`${what}: expected ${short(expected)}, was ${short(actual)}`);
}

function holds(what: string, expected: Json, actual: Json): boolean {
  const [name, operand, more] = typeof expected === 'object' && expected ? Object.entries(expected).flat() : [];
  if (typeof name !== 'string' || !name.startsWith('$') || more !== undefined) return equal(expected, actual);
  if (name === '$between') {
    const [low, high] = operand as [number, number];
    return typeof actual === 'number' && low <= actual && actual <= high;
  }
  if (name === '$contains') return contains(operand as Json, actual) === true;
  if (name === '$lacks') return contains(operand as Json, actual) === false;
  if (name === '$size') return typeof actual === 'object' && !!actual && Object.keys(actual).length === operand;
  throw new Error(`${what}: unknown operator ${name}`);
}

/** Text in a text, or an element in a list; undefined for anything else. */
function contains(operand: Json, actual: Json): boolean | undefined {
  if (Array.isArray(actual)) return actual.some((element) => equal(operand, element));
  return typeof operand === 'string' && typeof actual === 'string' ? actual.includes(operand) : undefined;
}

function equal(a: Json, b: Json): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || !a || !b) return a === b;
  const names = Object.keys(a);
  const alike = Array.isArray(a) === Array.isArray(b) && names.length === Object.keys(b).length;
  return alike && names.every((n) => Object.hasOwn(b, n) && equal((a as Dict)[n] as Json, (b as Dict)[n] as Json));
}
