/** A curve as several seeds drew it: their mean, and one standard deviation around it. */
import type { Line } from '../notebook';
import { mean, sd, type StudyResult } from '../studies';

/**
 * @returns the curve at the steps that all seeds have which measured it, with a band if there are several; undefined if
 *   none did
 */
export function curveOverSeeds(
  results: readonly StudyResult[],
  which: { metric: string; arm: string },
): Pick<Line, 'x' | 'y' | 'band'> | undefined {
  const curves = results.map((result) => curveOf(result, which)).filter(({ size }) => size > 0);
  const [first, ...others] = curves;
  if (!first) return undefined;
  const x = [...first.keys()].filter((step) => others.every((curve) => curve.has(step)));
  const values = x.map((step) => curves.map((curve) => curve.get(step)!));
  const y = values.map(mean);
  if (others.length === 0) return { x, y };
  const deviations = values.map(sd);
  const edge = (sign: 1 | -1) => y.map((value, i) => value + sign * deviations[i]);
  return { x, y, band: { low: edge(-1), high: edge(1) } };
}

/** Of one seed: step → value, in the order of steps. */
function curveOf(
  { measurements }: StudyResult,
  { metric, arm }: { metric: string; arm: string },
): Map<number, number> {
  const points = measurements.flatMap((one) =>
    one.step !== undefined && one.metric === metric && one.arm === arm
      ? [[one.step, one.value] as const]
      : [],
  );
  return new Map(points.sort(([a], [b]) => a - b));
}
