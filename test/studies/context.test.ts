/** What a study gets when it asks for a run. */
import { expect, test } from 'vitest';
import { dataFor } from '../../packages/core/src/studies';
import { Context, type ContextOptions } from '../../packages/core/src/studies/context';
import { FolderInUse, type Run } from '../../packages/core/src/train';
import { tinyRecipe } from '../train/tinyTask';
import { newFolder } from './support';

function contextIn(runsDir: string, options: Partial<ContextOptions> = {}) {
  const notes: string[] = [];
  const note = (message: string) => void notes.push(message);
  const context = new Context({
    ...{ seed: 3, scale: 'smoke', runsDir, data: dataFor('smoke'), progress: false, note },
    ...options,
  });
  return { context, notes };
}

const recipe = tinyRecipe({ steps: 6 });

test('trains with the seed, and remembers each run once', async () => {
  const { context } = contextIn(newFolder());
  const [first, second] = [await context.run(recipe), await context.run(recipe)];
  expect(second.dir).toBe(first.dir);
  expect(second.log).toEqual(first.log);
  const { hash } = first.recipe;
  const run = { name: 'tiny', hash, dir: first.dir, steps: 6, batchSize: 4, learningRate: 0.05 };
  expect(context.runs).toEqual([run]);
  const other = contextIn(newFolder(), { seed: 4 });
  expect((await other.context.run(recipe)).recipe.hash).not.toBe(hash);
});

test('waits for a run that another is training, says so once, and takes it', async () => {
  const runsDir = newFolder();
  const [trains, waits] = [contextIn(runsDir), contextIn(runsDir)];
  let waiting: Promise<Run<unknown>> | undefined;
  const run = await trains.context.run(recipe, {
    onStep: () => void (waiting ??= waits.context.run(recipe)),
  });
  expect((await waiting)!.log).toEqual(run.log);
  expect(waits.notes).toEqual([expect.stringMatching(/is being trained by this process.*: waiting for it$/)]);
});

test('trains anew what was trained without the evaluations that are asked for', async () => {
  const { context, notes } = contextIn(newFolder());
  const plain = await context.run(recipe);
  const evaluated = await context.run(recipe, { evaluateEvery: 4 });
  expect(notes).toEqual([expect.stringMatching(/without the evaluations.*: trained again/)]);
  expect(evaluated.dir).toBe(plain.dir);
  expect(evaluated.log.map(({ loss }) => loss)).toEqual(plain.log.map(({ loss }) => loss));
  const steps = evaluated.log.flatMap(({ step, evaluation }) => (evaluation ? step + 1 : []));
  expect(steps).toEqual([4, 6]);
  await context.run(recipe, { evaluateEvery: 4 });
  expect(notes).toHaveLength(1);
});

test('other work in a folder takes its turn as runs do, and is given the signal', async () => {
  const { signal } = new AbortController();
  const { context, notes } = contextIn(newFolder(), { signal });
  const seen: unknown[] = [];
  const done = await context.inTurn(async (given) => {
    seen.push([given, context.heedsSignal]);
    if (seen.length === 1) throw new FolderInUse('captions are being written');
    return 'done';
  });
  expect(done).toBe('done');
  expect(seen).toEqual([
    [signal, true],
    [signal, true],
  ]);
  expect(context.heedsSignal).toBe(false);
  expect(notes).toEqual(['captions are being written: waiting for it']);
});

test('a run that is stopped is no run', async () => {
  const controller = new AbortController();
  const { context } = contextIn(newFolder(), { signal: controller.signal, onStep: () => controller.abort() });
  await expect(context.run(recipe)).rejects.toThrow(/was stopped after step 1 and saved/);
  expect(context.runs).toEqual([]);
});
