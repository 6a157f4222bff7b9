/** Inputs of a step: on the host or on the device, at once or promised. */
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { tf } from '../../packages/core/src/runtime';
import { TrainingStep, type Inputs, type Task } from '../../packages/core/src/train';
import { hostInputs } from '../support/hostInputs';
import { TINY, tinyTask } from './tinyTask';

const STEPS = 6;

/** Losses of some steps of the tiny task with its inputs changed on the way. */
async function losses(inputsOf: (task: Task, step: number) => ReturnType<Task['inputs']>, accumulate = 1) {
  const task = tinyTask({ ...TINY, accumulate });
  const step = new TrainingStep({ ...task, inputs: (i) => inputsOf(task, i) }, { ...TINY, accumulate });
  const found: number[] = [];
  let held = 0;
  for (let i = 0; i < STEPS; i++) {
    found.push((await step.run(i)).loss);
    if (i === 1) held = tf.memory().numTensors;
  }
  expect(tf.memory().numTensors).toBe(held);
  step.dispose();
  return found;
}

test.each([1, 3])(
  'tensors that are promised: as from the host, and gone after the step (accumulate %i)',
  async (accumulate) => {
    const onDevice = async (task: Task, step: number): Promise<Inputs> => {
      const { x, y } = await hostInputs(task, step);
      await setTimeout(1);
      return { x: tf.tensor(x.data, x.shape), y };
    };
    expect(await losses(onDevice, accumulate)).toEqual(await losses((task, i) => task.inputs(i), accumulate));
  },
);

test('inputs that fail fail the step, and leave no gradients behind', async () => {
  const task = tinyTask(TINY);
  const inputs = (i: number) => (i === 3 ? Promise.reject(new Error('no picture')) : task.inputs(i));
  const step = new TrainingStep({ ...task, inputs }, { ...TINY, accumulate: 2 });
  await step.run(0);
  const held = tf.memory().numTensors;
  await expect(step.run(1)).rejects.toThrow('no picture');
  expect(tf.memory().numTensors).toBe(held);
  step.dispose();
});
