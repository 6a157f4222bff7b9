/** Learning rate over a run: linear warm-up, then half a cosine down to a floor. */

export interface ScheduleOptions {
  /** Peak learning rate, reached at the end of the warm-up. */
  learningRate: number;
  /** Learning rate that the cosine ends at; 0 unless given. */
  minLearningRate?: number;
  warmupSteps: number;
  /** Steps of the whole run. */
  steps: number;
}

/** Learning rate of a step, counted from 0: peak·(step+1)/warmup first, then ½(1+cos) between peak and floor. */
export function learningRateAt(step: number, options: ScheduleOptions): number {
  const { learningRate: peak, minLearningRate: floor = 0, warmupSteps, steps } = options;
  if (step < warmupSteps) return (peak * (step + 1)) / warmupSteps;
  const progress = Math.min(1, (step - warmupSteps) / Math.max(1, steps - warmupSteps));
  return floor + (peak - floor) * 0.5 * (1 + Math.cos(Math.PI * progress));
}
