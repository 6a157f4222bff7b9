/**
 * What several seeds say together: mean, spread, and the 95% interval of a paired difference (Student's t), by which a
 * claim holds or does not.
 */
import type { Claim, Measurement, Requirement } from './study';

/** 97.5% quantiles of Student's t for 1 to 30 degrees of freedom. */
const T_975 = [
  ...[12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004, 2.262157, 2.228139],
  ...[2.200985, 2.178813, 2.160369, 2.144787, 2.13145, 2.119905, 2.109816, 2.100922, 2.093024, 2.085963],
  ...[2.079614, 2.073873, 2.068658, 2.063899, 2.059539, 2.055529, 2.051831, 2.048407, 2.04523, 2.042272],
];
/** The same of the normal distribution, which Student's t tends to. */
const Z_975 = 1.959963985;

/** 97.5% quantile of Student's t; beyond the table by its expansion (Abramowitz & Stegun 26.7.5), good to 1e-5. */
export function studentT975(degreesOfFreedom: number): number {
  const n = degreesOfFreedom;
  if (n <= T_975.length) return T_975[n - 1];
  const z = Z_975;
  return (
    z +
    (z ** 3 + z) / (4 * n) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * n ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * n ** 3)
  );
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** How many are true, in percent. */
export const percent = (values: readonly boolean[]): number => 100 * mean(values.map(Number));

/** Standard deviation of the sample (n − 1); NaN of fewer than two values. */
export function sd(values: readonly number[]): number {
  const center = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - center) ** 2, 0);
  return values.length < 2 ? NaN : Math.sqrt(squares / (values.length - 1));
}

/** 95% t-interval of the mean, ends included; NaN of fewer than two values. */
export function interval95(values: readonly number[]): { low: number; high: number } {
  const center = mean(values);
  const half = (studentT975(values.length - 1) * sd(values)) / Math.sqrt(values.length);
  return { low: center - half, high: center + half };
}

/** A claim, held against the seeds that there are. Plain JSON: what one seed or none cannot tell is null. */
export interface Finding extends Claim {
  /** Seeds in which both arms were measured. */
  n: number;
  /** Mean of the paired difference, `better` − `worse`. */
  mean: number | null;
  sd: number | null;
  /** Its 95% t-interval. */
  low: number | null;
  high: number | null;
  /** Seeds that lack what the claim needs. */
  unfit: number;
  verdict: 'holds' | 'does not hold' | 'too few seeds' | 'cannot tell';
}

/** What an arm reached: the number measured at the end, or else the last of its curve. */
export function valueOf(
  measurements: readonly Measurement[],
  arm: string,
  metric: string,
): number | undefined {
  const found = measurements.filter((one) => one.arm === arm && one.metric === metric);
  const last = found.reduce<Measurement | undefined>(
    (best, one) => (best && (best.step ?? Infinity) >= (one.step ?? Infinity) ? best : one),
    undefined,
  );
  return last?.value;
}

type Measured = { measurements: readonly Measurement[] };

/**
 * Judges a claim by the results of one study, one per seed. It holds if the interval is above zero. Seeds that lack what
 * it needs are not left out, for which they are may depend on how they came out: with one of them, nothing can be told.
 */
export function judge(claim: Claim, results: readonly Measured[]): Finding {
  const { metric, needs } = claim;
  const paired = results.flatMap(({ measurements }) => {
    const [better, worse] = [claim.better, claim.worse].map((arm) => valueOf(measurements, arm, metric));
    return better === undefined || worse === undefined
      ? []
      : { difference: better - worse, isFit: !needs || isMet(needs, measurements) };
  });
  const differences = paired.map(({ difference }) => difference);
  const n = differences.length;
  const several = n > 1;
  const { low, high } = several ? interval95(differences) : { low: null, high: null };
  const unfit = paired.filter(({ isFit }) => !isFit).length;
  const byInterval = low === null ? 'too few seeds' : low > 0 ? 'holds' : 'does not hold';
  return {
    ...claim,
    n,
    mean: n ? mean(differences) : null,
    sd: several ? sd(differences) : null,
    low,
    high,
    unfit,
    verdict: unfit > 0 ? 'cannot tell' : byInterval,
  };
}

function isMet({ metric, arm, than, times }: Requirement, measurements: readonly Measurement[]): boolean {
  const [value, other] = [arm, than].map((one) => valueOf(measurements, one, metric));
  return value !== undefined && other !== undefined && value >= times * other;
}

/** What must be measured to judge a claim. */
export function neededBy({ metric, better, worse, needs }: Claim): { arm: string; metric: string }[] {
  const of = (name: string, arms: readonly string[]) => arms.map((arm) => ({ arm, metric: name }));
  return [...of(metric, [better, worse]), ...(needs ? of(needs.metric, [needs.arm, needs.than]) : [])];
}
