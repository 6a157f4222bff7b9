/** @returns the largest difference between numbers of two sides, of the largest number; infinite where one is no number */
export function differenceOf(ours: readonly number[], theirs: readonly number[]): number {
  if (ours.length !== theirs.length) return Infinity;
  const largest = (values: readonly number[]) => Math.max(...values.map(Math.abs));
  const share = largest(ours.map((value, i) => value - theirs[i])) / largest(ours);
  return Number.isFinite(share) ? share : Infinity;
}
