/**
 * @returns the largest difference between numbers of two sides, of the largest number; infinite where one is no number, and
 * between whole numbers, which are tokens, that are not the same
 */
export function differenceOf(ours: readonly number[], theirs: readonly number[]): number {
  if (ours.length !== theirs.length) return Infinity;
  if ([...ours, ...theirs].every(Number.isInteger))
    return ours.every((one, i) => one === theirs[i]) ? 0 : Infinity;
  const largest = (values: readonly number[]) => Math.max(...values.map(Math.abs));
  const share = largest(ours.map((value, i) => value - theirs[i])) / largest(ours);
  return Number.isFinite(share) ? share : Infinity;
}
