/** A recipe's first steps, timed and thrown away: what the whole of it will take on this machine. */
import { performance } from 'node:perf_hooks';
import { TrainingStep, type PrepareContext, type Recipe } from '../../train';

/** Seconds of a step and of what comes before the first, and the most memory that was resident meanwhile. */
export interface MeasuredSteps {
  steps: number;
  /** Reading towers and data, compiling, the first step. */
  beforehand: number;
  /** Median of the steps after the first. */
  secondsPerStep: number;
  samplesPerSecond: number;
  /** Bytes of the process. */
  peak: number;
}

/**
 * Runs `steps` steps after a first one, in memory: nothing is written but the cache of features.
 * @throws Blip2Error as the training itself would
 */
export async function measureSteps(
  recipe: Recipe,
  steps: number,
  { runsDir, note }: Pick<PrepareContext, 'runsDir' | 'note'>,
): Promise<MeasuredSteps> {
  const { training } = recipe;
  const began = performance.now();
  const task = await recipe.prepare({ training, runsDir, note });
  const step = new TrainingStep(task, training);
  const seconds: number[] = [];
  try {
    await step.run(0);
    const beforehand = (performance.now() - began) / 1000;
    for (let i = 1; i <= steps; i++) {
      const before = performance.now();
      await step.run(i);
      seconds.push((performance.now() - before) / 1000);
    }
    const secondsPerStep = seconds.sort((a, b) => a - b)[Math.floor(seconds.length / 2)];
    return {
      steps,
      beforehand,
      secondsPerStep,
      samplesPerSecond: (training.batchSize * training.accumulate) / secondsPerStep,
      peak: process.resourceUsage().maxRSS * 1024,
    };
  } finally {
    step.dispose();
    await task.dispose?.();
  }
}
