/** Between the device and JavaScript pass what a step reads, and the few numbers that it reports: nothing else. */
import { expect, test } from 'vitest';
import { hostTraffic } from '../../bench/hostTraffic';
import { TrainingStep } from '../../packages/core/src/train/step';
import { TINY, tinyTask } from './tinyTask';

test('a step is two calls; it reads back its losses and the norm', async () => {
  const task = tinyTask(TINY);
  const step = new TrainingStep(task, TINY);
  const { learningRate: _1, gradientNorm: _2, ...losses } = await step.run(0);
  const inputs = Object.keys(await task.inputs(1));
  const { calls, uploads, downloads } = await hostTraffic(() => step.run(1));
  const reported = Object.keys(losses).length + 1;
  expect(downloads).toEqual({ count: reported, bytes: 4 * reported });
  // The inputs, the key of random draws, and the numbers of the schedule.
  expect(uploads.count).toBe(inputs.length + 1 + 5);
  expect(calls).toBe(2);
  step.dispose();
});
