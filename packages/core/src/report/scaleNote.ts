/** Words for the scale of results. */
import type { Source } from './part';

/** ", short", where it is not that of the committed results. */
export function scaleNote({ results: [{ scale }] }: Pick<Source, 'results'>): string {
  return scale === 'full' ? '' : `, ${scale}`;
}
