/** The loss of held-out data, and the best checkpoint beside the last. */
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dropout, type ParameterStore } from '../../packages/core/src/runtime';
import {
  bestCheckpoint,
  readBest,
  readModel,
  train,
  type LogEntry,
  type Recipe,
  type Task,
  type TrainOptions,
} from '../../packages/core/src/train';
import { tinyRecipe, tinyTask } from './tinyTask';

const folder = () => join(mkdtempSync(join(tmpdir(), 'blip2-best-')), 'run');

/** The tiny task with two batches held out, and dropout of its inputs. */
function recipe(): Recipe<ParameterStore> {
  return {
    ...tinyRecipe(),
    prepare: async ({ training }) => {
      const task = tinyTask(training, { noise: 0 });
      const loss: Task['loss'] = (w, { x, y }, rng) => task.loss(w, { x: dropout(x, 0.5, rng), y }, rng);
      return {
        ...task,
        loss,
        validation: { batches: 2, inputs: async (batch) => task.inputs(1000 + batch) },
      };
    },
  };
}

const run = (options: TrainOptions<ParameterStore>) =>
  train(recipe(), { progress: false, steps: 12, evaluateEvery: 4, ...options });

describe('validate', () => {
  test('logs the mean loss of the held-out batches and its terms, without dropout, beside the evaluation', async () => {
    const { log, model } = await run({ out: folder(), validate: true });
    const found = log.at(-1)!.evaluation as Record<string, number>;
    expect(Object.keys(found)).toEqual(['loss', 'fit', 'size', 'bias']);
    const task = tinyTask({ ...tinyRecipe().training }, { noise: 0 });
    task.parameters.load(model.snapshot());
    const [w, b] = ['dense.weight', 'dense.bias'].map((name) => [...task.parameters.snapshot()[name].data]);
    const [scale] = task.parameters.snapshot().scale.data;
    const fits = [1000, 1001].map((batch) => {
      const { x, y } = task.inputs(batch) as Record<string, { data: Float32Array }>;
      const errors = [...y.data].map((want, i) => {
        const row = x.data.subarray(3 * i, 3 * i + 3);
        return (scale * (row.reduce((sum, value, k) => sum + value * w[k], 0) + b[0]) - want) ** 2;
      });
      return errors.reduce((sum, error) => sum + error, 0) / errors.length;
    });
    expect(found.fit).toBeCloseTo((fits[0] + fits[1]) / 2, 5);
  });

  test('changes nothing of the training', async () => {
    const values = (log: LogEntry[]) => log.map(({ samplesPerSecond: _, evaluation: __, ...rest }) => rest);
    const [without, with_] = [await run({ out: folder() }), await run({ out: folder(), validate: true })];
    expect(values(with_.log)).toEqual(values(without.log));
  });

  test.each([
    [{ validate: true }, /validate: this recipe has no data held out/],
    [{ validate: true, evaluateEvery: undefined }, /need evaluations/],
    [
      { keepBest: { metric: 'bias', better: 'lower' as const }, evaluateEvery: undefined },
      /need evaluations/,
    ],
  ])('%o is refused', async (options, message) => {
    const all = { progress: false as const, steps: 2, evaluateEvery: 1, out: folder(), ...options };
    await expect(train(tinyRecipe(), all)).rejects.toThrow(message);
  });
});

describe('keepBest', () => {
  /** Evaluations of the steps 2, 4, …: best after step 4. */
  const quality = [3, 1, 2, 2, 5];
  const options = (out: string, better: 'lower' | 'higher' = 'lower'): TrainOptions<ParameterStore> => {
    let next = 0;
    return {
      out,
      steps: 10,
      evaluateEvery: 2,
      checkpointEvery: 3,
      keepCheckpoints: 1,
      keepBest: { metric: 'quality', better },
      evaluate: () => ({ quality: quality[next++] }),
    };
  };

  test.each([
    ['lower', 4, 1],
    ['higher', 10, 5],
  ] as const)('%s: its checkpoint stays beside the last', async (better, step, value) => {
    const out = folder();
    const snapshots: Record<number, unknown> = {};
    const asked = options(out, better);
    const result = await run({
      ...asked,
      evaluate: async (model) => {
        snapshots[2 * (Object.keys(snapshots).length + 1)] = model.snapshot();
        return asked.evaluate!(model);
      },
    });
    expect(readBest(out)).toEqual({ metric: 'quality', better, step, value });
    const held = readdirSync(join(out, 'checkpoints')).sort();
    expect(held).toEqual([...new Set([`step-${step}`, 'step-10'])].sort());
    expect(readModel(bestCheckpoint(out))).toEqual(snapshots[step]);
    expect(result.step).toBe(10);
  });

  test('a run that is interrupted and gone on with keeps the same one', async () => {
    const out = folder();
    const controller = new AbortController();
    const asked = options(out);
    const onStep = ({ step }: LogEntry) => void (step === 6 && controller.abort());
    await run({ ...asked, signal: controller.signal, onStep });
    await run({ ...asked, resume: true });
    expect(readBest(out)).toMatchObject({ step: 4, value: 1 });
    expect(readdirSync(join(out, 'checkpoints')).sort()).toEqual(['step-10', 'step-4']);
  });

  test('a metric that there is not is named, with those that there are', async () => {
    const asked = { ...options(folder()), keepBest: { metric: 'CIDEr', better: 'higher' as const } };
    await expect(run(asked)).rejects.toThrow(/has no "CIDEr"/);
  });

  test('a run without one says so', async () => {
    const out = folder();
    await run({ out, steps: 2 });
    expect(() => bestCheckpoint(out)).toThrow(/keeps no best checkpoint/);
  });
});
