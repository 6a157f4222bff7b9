/** Everything that does not fit, in one error. */
import { Blip2Error } from '../runtime';

const SHOWN = 10;

/** @throws Blip2Error with the first problems and the number of the rest, if there are any */
export function refuse(what: string, problems: readonly string[], hint: string): void {
  if (problems.length === 0) return;
  const shown = problems.slice(0, SHOWN);
  if (problems.length > SHOWN) shown.push(`and ${problems.length - SHOWN} more`);
  throw new Blip2Error(`${what}: ${shown.join('; ')}`, { hint });
}
