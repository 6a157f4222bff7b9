import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { tf, type ParameterStore } from '../../packages/core/src/runtime';
import { storedParameters } from '../../packages/core/src/checkpoints';
import {
  readLog,
  train,
  TrainingStep,
  type LogEntry,
  type TrainOptions,
} from '../../packages/core/src/train';
import { TINY, tinyRecipe, tinyTask, type TinyOptions } from './tinyTask';

const folder = () => mkdtempSync(join(tmpdir(), 'blip2-train-'));
const quiet: TrainOptions = { progress: false };
/** What must be equal in two runs: all but the speed. */
const values = (log: LogEntry[]) => log.map(({ samplesPerSecond: _, ...rest }) => rest);
const run = (options: TrainOptions<ParameterStore>, tiny: TinyOptions = {}) =>
  train(tinyRecipe({}, tiny), { ...quiet, ...options });

describe('a run', () => {
  test('learns, and logs one object per step', async () => {
    const out = join(folder(), 'run');
    const result = await run({ out, evaluateEvery: 10 });
    expect(result).toMatchObject({ dir: out, step: 30, interrupted: false, recipe: { name: 'tiny' } });
    expect(result.log.map(({ step }) => step)).toEqual(Array.from({ length: 30 }, (_, i) => i));
    expect(result.log[29].loss).toBeLessThan(result.log[0].loss / 2);
    expect(Object.keys(result.log[0])).toEqual([
      'step',
      'loss',
      'fit',
      'size',
      'learningRate',
      'gradientNorm',
      'samplesPerSecond',
    ]);
    expect(result.log[9].evaluation).toEqual({ bias: expect.any(Number) as number });
    expect(result.log[4].learningRate).toBeCloseTo(0.05, 8);
    expect(readLog(join(out, 'log.jsonl'))).toEqual(result.log);
    expect(readdirSync(out).sort()).toEqual([
      'checkpoints',
      'events.out.tfevents.blip2',
      'log.jsonl',
      'recipe.json',
    ]);
    expect(readdirSync(join(out, 'checkpoints'))).toEqual(['step-30']);
    expect(JSON.parse(readFileSync(join(out, 'recipe.json'), 'utf8'))).toMatchObject({
      name: 'tiny',
      training: { steps: 30 },
    });
  });

  test('is evaluated on the way by a function of its model, at the last step too', async () => {
    const evaluate = vi.fn((model: ParameterStore) => ({ parameters: model.names().length }));
    const { log, model } = await run({ out: join(folder(), 'run'), steps: 5, evaluateEvery: 2, evaluate });
    expect(log.map(({ evaluation }) => evaluation)).toEqual(
      [undefined, 3, undefined, 3, 3].map((parameters) => parameters && { parameters }),
    );
    expect(evaluate).toHaveBeenLastCalledWith(model);
  });

  test('depends on its seed and on nothing else', async () => {
    const [first, second, other] = [
      await run({ out: join(folder(), 'a') }),
      await run({ out: join(folder(), 'b') }),
      await run({ out: join(folder(), 'c'), seed: 1 }),
    ];
    expect(values(second.log)).toEqual(values(first.log));
    expect(other.log[5].loss).not.toBe(first.log[5].loss);
  });

  test('in its default folder a finished run is taken as it is, an unfinished one goes on', async () => {
    const runsDir = folder();
    const onStep = vi.fn();
    const first = await run({ runsDir, onStep });
    const again = await run({ runsDir, onStep });
    expect(onStep).toHaveBeenCalledTimes(30);
    expect(again.dir).toMatch(/tiny-[0-9a-f]{8}$/);
    expect(again.log).toEqual(first.log);
    expect(again.model.snapshot()).toEqual(first.model.snapshot());
    const longer = await run({ runsDir, steps: 31 });
    expect(longer.dir).not.toBe(first.dir);
  });
});

describe('gradients', () => {
  test('accumulated over two micro-batches equal those of one batch of both', async () => {
    // 37 examples: both sizes leave the same permutation, so two batches of 4 are one of 8.
    const whole = await run({ out: join(folder(), 'a'), batchSize: 8, steps: 4 }, { noise: 0 });
    const halves = await run(
      { out: join(folder(), 'b'), batchSize: 4, accumulate: 2, steps: 4 },
      { noise: 0 },
    );
    whole.log.forEach((entry, i) => {
      expect(halves.log[i].loss).toBeCloseTo(entry.loss, 5);
      expect(halves.log[i].gradientNorm).toBeCloseTo(entry.gradientNorm as number, 5);
    });
  });

  test('decay is for matrices', async () => {
    // With gradients clipped to nearly nothing and β₂ = 1 − tiny, what remains of a step is the decay.
    const task = tinyTask({ ...TINY });
    const before = task.parameters.snapshot();
    const loss: typeof task.loss = (weights) => {
      const zero = tf.mul(tf.sum(weights.get('dense.weight')), 0);
      return { loss: tf.add(zero, tf.mul(weights.get('scale'), 0)) };
    };
    const step = new TrainingStep(
      { ...task, loss },
      { ...TINY, warmupSteps: 0, learningRate: 0.5, weightDecay: 0.1 },
    );
    await step.run(0);
    const after = task.parameters.snapshot();
    before['dense.weight'].data.forEach((value, i) =>
      expect(after['dense.weight'].data[i]).toBeCloseTo(0.95 * value, 6),
    );
    expect(after['dense.bias'].data).toEqual(before['dense.bias'].data);
    expect(after.scale.data).toEqual(before.scale.data);
    step.dispose();
  });

  test('steps leave no tensors behind and compile once', async () => {
    const task = tinyTask(TINY);
    const step = new TrainingStep(task, TINY);
    for (let i = 0; i < 3; i++) await step.run(i);
    const before = tf.memory().numTensors;
    for (let i = 3; i < 200; i++) await step.run(i % 30);
    expect(tf.memory().numTensors).toBe(before);
    expect(step.signatures()).toBe(2);
    step.dispose();
  });
});

describe('interruption', () => {
  test('an AbortSignal ends after the step, and resuming gives the values of an undisturbed run', async () => {
    const undisturbed = await run({ out: join(folder(), 'a'), checkpointEvery: 7 });
    const out = join(folder(), 'b');
    const controller = new AbortController();
    const stopAt = (step: number) => (entry: LogEntry) => {
      if (entry.step === step) controller.abort();
    };
    const first = await run({ out, signal: controller.signal, onStep: stopAt(11) });
    expect(first).toMatchObject({ step: 12, interrupted: true });
    expect(readdirSync(join(out, 'checkpoints'))).toEqual(['step-12']);
    const second = await run({ out, resume: true });
    expect(second).toMatchObject({ step: 30, interrupted: false });
    expect(values(second.log)).toEqual(values(undisturbed.log));
    expect(second.model.snapshot()).toEqual(undisturbed.model.snapshot());
  });

  test('SIGINT saves; the process and later runs live on', async () => {
    const out = join(folder(), 'run');
    const onStep = (entry: LogEntry) => void (entry.step === 3 && process.kill(process.pid, 'SIGINT'));
    const result = await run({ out, onStep });
    expect(result.interrupted).toBe(true);
    expect(result.step).toBeLessThan(7);
    expect(existsSync(join(out, 'checkpoints', `step-${result.step}`))).toBe(true);
    expect(process.listenerCount('SIGTERM')).toBe(0);
  });

  test('a broken newest checkpoint is passed over: training goes on from the one before', async () => {
    const out = join(folder(), 'run');
    const undisturbed = await run({ out, checkpointEvery: 10 });
    writeFileSync(join(out, 'checkpoints', 'step-30', 'optimizer.safetensors'), 'gone');
    const written: string[] = [];
    const stream = { write: (text: string) => written.push(text) } as never;
    const steps: number[] = [];
    const resumed = await run({
      out,
      resume: true,
      progress: { stream },
      onStep: ({ step }) => void steps.push(step),
    });
    expect(written.join('')).toMatch(/step-30 skipped: .*optimizer\.safetensors/);
    expect(steps[0]).toBe(20);
    expect(values(resumed.log)).toEqual(values(undisturbed.log));
  });
});

describe('what goes wrong says so', () => {
  test('a loss that is not a number names step and tensors; the checkpoint before stays', async () => {
    const out = join(folder(), 'run');
    await expect(run({ out, checkpointEvery: 5 }, { poisonFrom: 12 })).rejects.toThrow(
      /Step 12: not a finite number: loss term fit \(NaN\); also gradient of dense\.weight/,
    );
    expect(readdirSync(join(out, 'checkpoints')).sort()).toEqual(['step-10', 'step-5']);
    expect(readLog(join(out, 'log.jsonl'))).toHaveLength(12);
  });

  test('a gradient that is not a number stops before anything is changed', async () => {
    const task = tinyTask(TINY);
    // √0 is a number, its slope is not.
    const loss: typeof task.loss = (weights) => {
      const weight = weights.get('dense.weight');
      return { loss: tf.sum(tf.sqrt(tf.mul(weight, 0))) };
    };
    const step = new TrainingStep({ ...task, loss }, TINY);
    const state = () =>
      Object.values({ ...storedParameters(task.parameters), ...step.storedMoments() }).map((stored) =>
        stored.bytes(),
      );
    const before = state();
    await expect(step.run(0)).rejects.toThrow(/^Step 0: not a finite number: gradient of dense\.weight$/);
    expect(state()).toEqual(before);
    step.dispose();
  });

  test('a folder that holds a run is not overwritten, nor continued by another recipe', async () => {
    const out = join(folder(), 'run');
    await run({ out, steps: 2 });
    await expect(run({ out, steps: 2 })).rejects.toThrow(/already holds a run/);
    await expect(run({ out, steps: 3, resume: true })).rejects.toThrow(/another recipe/);
  });

  test.each([
    [{ steps: 1.5 }, /train: steps: /],
    [{ learningRate: NaN }, /train: learningRate: /],
    [{ precision: 'fp16' as never }, /train: precision: .*bf16/],
  ])('%o, before a folder is made', async (changes, message) => {
    const out = join(folder(), 'run');
    await expect(run({ out, ...changes })).rejects.toThrow(message);
    expect(existsSync(out)).toBe(false);
  });

  test('a folder that another process trains in', async () => {
    const out = join(folder(), 'run');
    const inside: string[] = [];
    await run({
      out,
      steps: 1,
      onStep: async () => {
        inside.push(...readdirSync(out));
        await expect(run({ out, steps: 1, resume: true })).rejects.toThrow(
          /is being trained by this process/,
        );
      },
    });
    expect(inside).toContain('run.lock');
    expect(readdirSync(out)).not.toContain('run.lock');

    const lock = (owner: object) => writeFileSync(join(out, 'run.lock'), JSON.stringify(owner));
    const again = () => run({ out: join(out), resume: true, steps: 1 });
    writeFileSync(join(out, 'checkpoints', 'step-1', 'model.safetensors'), 'gone');
    lock({ pid: process.ppid, host: 'elsewhere' });
    await expect(again()).rejects.toThrow(/is being trained by process \d+ on elsewhere/);
    // Another process has got the number of the one that is gone.
    lock({ pid: process.pid, host: hostname(), started: 'long ago' });
    expect((await again()).step).toBe(1);
  });

  test('a folder with something else in it is left alone', async () => {
    const out = folder();
    mkdirSync(join(out, 'checkpoints'));
    writeFileSync(join(out, 'checkpoints', 'mine'), 'precious');
    await expect(run({ out })).rejects.toThrow(/is not empty and holds no run/);
    writeFileSync(join(out, 'recipe.json'), '{"queries": 3}');
    await expect(run({ out })).rejects.toThrow(/recipe\.json is not the record of a run/);
    expect(readFileSync(join(out, 'checkpoints', 'mine'), 'utf8')).toBe('precious');
  });

  test('a log that was deleted does not make a run with checkpoints a new one', async () => {
    const out = join(folder(), 'run');
    await run({ out, steps: 2 });
    rmSync(join(out, 'log.jsonl'));
    await expect(run({ out, steps: 2 })).rejects.toThrow(/already holds a run/);
  });

  test('an unwritable folder', async () => {
    const file = join(folder(), 'file');
    writeFileSync(file, '');
    await expect(run({ out: join(file, 'run') })).rejects.toThrow(/Cannot write .*file\/run\/run\.lock/);
  });
});
