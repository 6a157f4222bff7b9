/**
 * One of several workers that compute the gradients of a batch together. Worker 0 computes them alone, too, and prints for
 * each case by how much they differ: ‖g − g'‖ / max(‖g'‖, 1e-4 · ‖all gradients‖), the largest of all parameters, which it is.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  compile,
  globalNorm,
  joinCluster,
  Rng,
  tf,
  valueAndGradients,
  withWorkers,
  type Cluster,
  type Tensor,
} from '../../packages/core/src/runtime';
import { Weights } from '../../packages/core/src/nn';
import type { FrozenLanguageModel, FrozenVisionTower } from '../../packages/core/src/data';
import { captioning, retrieval, stage1, stage2, vqa } from '../../packages/core/src/recipes';
import { createStage1Model } from '../../packages/core/src/recipes/stage1';
import { parseStage1 } from '../../packages/core/src/recipes/stage1Options';
import { createStage2Model } from '../../packages/core/src/recipes/stage2';
import { parseStage2 } from '../../packages/core/src/recipes/stage2Options';
import { ALONE, rowsOf, type Recipe, type Run, type Task } from '../../packages/core/src/train';
import { Workers } from '../../packages/core/src/train/workers';

const cluster = joinCluster()!;
const workers = new Workers(cluster);
workers.meet('0');

interface Result {
  loss: number;
  gradients: Record<string, Tensor>;
}

/** Loss and gradients of step 0, of one worker's rows or of all. */
async function computed(
  task: Task,
  batchSize: number,
  of: Cluster | undefined,
  draw: boolean,
): Promise<Result> {
  const host = await task.inputs(0);
  const inputs = Object.fromEntries(
    Object.entries(host).map(([name, value]) => {
      const { shape, data } = value as { shape: number[]; data: Float32Array };
      return [name, tf.tensor(data, shape, data instanceof Float32Array ? 'float32' : 'int32')];
    }),
  );
  const step = compile((given: Record<string, Tensor>, seed: Tensor) => {
    const weights = task.parameters.readAll();
    const rng = new Rng(seed, of && rowsOf(batchSize, of));
    const loss = () => task.loss(new Weights(weights), given, draw ? rng : (undefined as never));
    const { value, gradients } = withWorkers(of, () => valueAndGradients(loss, weights));
    return { loss: value.loss, gradients, norm: globalNorm(gradients) };
  });
  const { loss, gradients, norm } = step(inputs, tf.tensor1d([3, 4], 'int32'));
  const own = { losses: { loss: loss.dataSync()[0] }, gradients, norm };
  const { losses, gradients: summed } = of ? workers.summedStep(own) : own;
  return { loss: losses.loss, gradients: summed };
}

type Difference = [parameter: string, ratio: number];

function difference(found: Result, expected: Result): Difference {
  const norm = (x: Tensor) => tf.norm(x).dataSync()[0];
  const all = globalNorm(expected.gradients).dataSync()[0];
  const ratios = Object.entries(expected.gradients).map(([name, gradient]): Difference => {
    const error = norm(tf.sub(found.gradients[name], gradient));
    // A key's bias has a true gradient of zero: what it has is rounding of all the others.
    const least = name.endsWith('key.bias') ? 1e-2 : 1e-4;
    return [name, error / Math.max(norm(gradient), least * all)];
  });
  ratios.push(['loss', Math.abs(found.loss / expected.loss - 1)]);
  return ratios.sort((a, b) => b[1] - a[1])[0];
}

/** As weights are at first nothing is alike: a larger spread makes losses and their gradients matter. */
const qformer = { width: 16, layers: 2, heads: 2, feedForward: 16 };
const common = { queries: 2, steps: 1, batchSize: 6, learningRate: 1e-3, warmupSteps: 1 };

/** Runs as fine-tuning goes on with them, untrained: what it starts from is the same on all workers. */
function runsBefore(tower: FrozenVisionTower, language: FrozenLanguageModel, tokenizerDir: string) {
  const sizes = { ...common, qformer: { ...qformer, dropout: 0.1 } };
  const seeded = { seed: 7, runsDir: '' };
  const first = parseStage1({ ...sizes, losses: { itc: 1 }, qformer: { ...sizes.qformer, projection: 8 } });
  const run = <M>(model: M): Run<M> => ({
    dir: '',
    recipe: { name: 'untrained', hash: '' },
    log: [],
    model,
    step: 0,
    interrupted: false,
  });
  return {
    stage1: run(createStage1Model({ tower, tokenizerDir }, first, seeded)),
    from: run(createStage2Model({ tower, language }, parseStage2(sizes), seeded)),
  };
}

async function main(): Promise<void> {
  // Imported late: a worker joins before the first tensor.
  const { randomOpt, randomT5 } = await import('../recipes/language');
  const { randomTower, smallShapes } = await import('../recipes/tower');
  const [tower, data] = [randomTower(), smallShapes()];
  const first = (losses: Record<string, number>, dropout: number, more = {}) =>
    stage1({ data, tower, ...common, losses, qformer: { ...qformer, projection: 8, dropout }, ...more });
  const second = (language: ReturnType<typeof randomOpt>, dropout: number) =>
    stage2({ data, tower, language, ...common, qformer: { ...qformer, dropout } });
  const [opt, t5] = [randomOpt(), randomT5()];
  const { from, stage1: before } = runsBefore(tower, opt, data.tokenizerDir);
  const { queries: _, ...loop } = common;
  const tuned = { data, ...loop };
  const all = { itc: 1, itm: 1, itg: 1 };
  // Without dropout stage 2 draws nothing at all, of the language model either.
  const cases: Record<string, [Recipe, boolean]> = {
    itc: [first({ itc: 1 }, 0), true],
    'itc, dropout': [first({ itc: 1 }, 0.1), true],
    itm: [first({ itm: 1 }, 0), true],
    'itm, dropout': [first({ itm: 1 }, 0.1), true],
    itg: [first({ itg: 1 }, 0), true],
    'itg, dropout': [first({ itg: 1 }, 0.1), true],
    'itc + itm + itg': [first(all, 0), true],
    'itc + itm + itg, dropout': [first(all, 0.1), true],
    'itc + itm + itg, attached': [first(all, 0, { gathered: 'attached' }), true],
    opt: [second(opt, 0), false],
    'opt, dropout': [second(opt, 0.1), true],
    t5: [second(t5, 0), false],
    't5, dropout': [second(t5, 0.1), true],
    'fine-tuning for captions, dropout': [captioning({ ...tuned, from }), true],
    'fine-tuning for questions, dropout': [vqa({ ...tuned, from }), true],
    'fine-tuning for retrieval, dropout': [retrieval({ ...tuned, from: before }), true],
  };
  const runsDir = mkdtempSync(join(tmpdir(), 'blip2-distributed-'));
  const differences: Record<string, Difference> = {};
  for (const [name, [recipe, draw]] of Object.entries(cases)) {
    const { training } = recipe;
    const context = { training, runsDir, note: () => undefined };
    const shared = await recipe.prepare({ ...context, share: cluster });
    const found = await computed(shared, training.batchSize, cluster, draw);
    if (cluster.index > 0) continue;
    const whole = await recipe.prepare({ ...context, share: ALONE });
    differences[name] = difference(found, await computed(whole, training.batchSize, undefined, draw));
  }
  if (cluster.index === 0) console.log(JSON.stringify(differences));
}

void main();
