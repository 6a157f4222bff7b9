/** Everything that does not fit, in one error; and what a file says, as far as an error repeats it. */
import { Blip2Error } from '../runtime';

const SHOWN = 10;
const LONGEST = 120;

/** @throws Blip2Error with the first problems and the number of the rest, if there are any */
export function refuse(what: string, problems: readonly string[], hint: string): void {
  if (problems.length === 0) return;
  const shown = problems.slice(0, SHOWN);
  if (problems.length > SHOWN) shown.push(`and ${problems.length - SHOWN} more`);
  throw new Blip2Error(`${what}: ${shown.join('; ')}`, { hint });
}

/** A value as JSON, cut short: nothing of a file reaches a terminal unescaped. */
export function excerpt(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** A tensor's name, which may be any text. */
export function nameOf(name: string): string {
  return excerpt(name).replace(/^"|"$/g, '');
}
