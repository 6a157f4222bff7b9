/** What the three scales mean: how many steps, and how large the world's splits. */
import { shapes, type ShapesDataset } from '../data';
import type { Scale } from './study';

const SMOKE_STEPS = 20;
const SMOKE_SPLITS = { train: 256, validation: 64, test: 64 };
/** What `short` leaves of the steps: with fewer, stage 1 has not begun to match pictures with texts. */
const SHORT = 2 / 3;

/** So many pictures of the test split are asked about, or described. */
export const TEST_PICTURES: Record<Scale, number> = { full: 1000, short: 300, smoke: 20 };

/** At `short` what takes long, and shows nothing if it is cut, is left out. */
export const leavesOut = (scale: Scale): boolean => scale === 'short';

/** Steps at a scale, of those that the committed results have: all, two thirds (or the share that is given), or 20. */
export function stepsFor(scale: Scale, steps: number, short = SHORT): number {
  if (scale === 'full') return steps;
  return scale === 'short' ? Math.ceil(steps * short) : Math.min(steps, SMOKE_STEPS);
}

/**
 * A recipe's settings at a scale: fewer steps, and a warm-up that is no larger part of them than before.
 * @param short what `short` leaves of the steps, where two thirds would be too little to see anything
 */
export function atScale<T extends { steps: number; warmupSteps: number }>(
  scale: Scale,
  settings: T,
  short = SHORT,
): T {
  const steps = stepsFor(scale, settings.steps, short);
  const warmupSteps = Math.ceil((settings.warmupSteps * steps) / settings.steps);
  return { ...settings, steps, warmupSteps };
}

/** The world at a scale: whole, or (`smoke`) a corner of it. */
export function dataFor(scale: Scale): ShapesDataset {
  return shapes(scale === 'smoke' ? SMOKE_SPLITS : {});
}
