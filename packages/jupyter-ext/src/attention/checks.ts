/** Checks of JSON from anywhere: whatever is wrong ends in a BundleError that names the key. */

/** What is wrong with a bundle, for the reader of a notebook. */
export class BundleError extends Error {}

/** @throws BundleError */
export function fail(name: string, message: string): never {
  throw new BundleError(`This attention bundle cannot be shown: ${name}: ${message}.`);
}

/** Characters of JSON, about 100 times what a notebook should hold. */
const LONGEST = 200_000_000;

/** JSON, parsed or as the text that tslab sends, whose outermost value is an object. */
export function jsonObject(data: unknown): Record<string, unknown> {
  return record(typeof data === 'string' ? parse(data) : data, 'the whole');
}

function parse(json: string): unknown {
  if (json.length > LONGEST) fail('the whole', `${json.length} characters are more than ${LONGEST}`);
  try {
    return JSON.parse(json);
  } catch {
    fail('the whole', 'is not JSON');
  }
}

export function record(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(name, 'expected an object');
  return value as Record<string, unknown>;
}

export function list(value: unknown, name: string, most: number): unknown[] {
  if (!Array.isArray(value) || value.length === 0) fail(name, 'expected a list of at least one');
  if (value.length > most) fail(name, `expected at most ${most}`);
  return value;
}

export function count(value: unknown, name: string, most: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= most) {
    return value as number;
  }
  fail(name, `expected a whole number from 1 to ${most}`);
}

export function shortText(value: unknown, name: string, most: number): string {
  if (typeof value === 'string' && value.length <= most) return value;
  fail(name, `expected at most ${most} characters`);
}
