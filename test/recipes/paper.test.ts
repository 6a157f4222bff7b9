/** Recipes of the paper's size: their numbers, and what is counted from the shapes of their towers. */
import { describe, expect, test } from 'vitest';
import {
  impliedUtilisation,
  memoryOf,
  operationsOf,
  PAPER_LANGUAGE,
  PAPER_VISION,
  parseStage1,
  parseStage2,
  planned,
  plannedRuns,
  recipeOptions,
} from '../../packages/core/src/recipes';
import { languageCost } from '../../packages/core/src/recipes/plan/languageCost';
import { bytesSent, simulate } from '../../packages/core/src/recipes/plan/simulate';
import { visionCost } from '../../packages/core/src/recipes/plan/visionCost';
import { resizedShape } from '../../packages/core/src/recipes/resizedTower';
import { stage1Size, stage2Size } from '../../packages/core/src/recipes/plan';
import { blip2Qformer } from '../../packages/core/src/models';
import { countParameters } from '../../packages/core/src/nn';
import type { Blip2Error } from '../../packages/core/src/runtime';

const LANGUAGES = ['opt-2.7b', 'opt-6.7b', 'flan-t5-xl', 'flan-t5-xxl'];
const runs = ['paper-vit-l', 'paper-vit-g'].flatMap((name) => plannedRuns(name, LANGUAGES));
const runOf = (recipe: string, language?: string) =>
  runs.find((run) => run.recipe === recipe && run.language === language)!;

describe('numbers of the recipes', () => {
  test.each([
    [
      'paper-vit-l',
      { steps: 250_000, batchSize: 2320, minLearningRate: 1e-5, warmupSteps: 2000, beta2: 0.98 },
    ],
    [
      'paper-vit-g',
      { steps: 250_000, batchSize: 1680, minLearningRate: 1e-5, warmupSteps: 2000, beta2: 0.98 },
    ],
    ['lavis-vit-g', { steps: 8340, batchSize: 1600, minLearningRate: 1e-5, warmupSteps: 5000, beta2: 0.999 }],
  ])('stage 1, %s', async (name, numbers) => {
    const settings = parseStage1(await recipeOptions('stage1', name));
    expect(settings).toMatchObject({
      ...numbers,
      ...{ learningRate: 1e-4, weightDecay: 0.05, beta1: 0.9, clipNorm: 0, queries: 32, maxTextLength: 32 },
      ...{ imageSize: 224, temperature: 0.07, towerType: 'float16' },
      qformer: { width: 768, layers: 12, heads: 12, projection: 256, dropout: 0.1 },
    });
  });

  test.each([
    [
      'paper-vit-g',
      'opt-2.7b',
      { steps: 80_000, batchSize: 1920, minLearningRate: 5e-5, languageType: 'float16' },
    ],
    [
      'paper-vit-l',
      'flan-t5-xl',
      { steps: 80_000, batchSize: 1520, minLearningRate: 5e-5, languageType: 'bfloat16' },
    ],
    ['lavis-vit-g', 'opt-2.7b', { steps: 13_040, batchSize: 1024, minLearningRate: 1e-5, beta2: 0.999 }],
  ] as const)('stage 2, %s with %s', async (name, language, numbers) => {
    const options = await recipeOptions('stage2', name, { language: PAPER_LANGUAGE[language] });
    expect(parseStage2(options)).toMatchObject({ ...numbers, learningRate: 1e-4, warmupSteps: 2000 });
  });

  test.each([
    ['caption', 'paper-vit-g', 'flan-t5-xl', { batchSize: 256, imageSize: 364, layerDecay: 1 }],
    ['caption', 'paper-vit-g', 'opt-2.7b', { prompt: 'a photo of', layerDecay: 1 }],
    ['caption', 'paper-vit-g', 'opt-6.7b', { layerDecay: 0.95 }],
    ['caption', 'lavis-vit-g', 'opt-6.7b', { steps: 11_065, layerDecay: 1 }],
    ['vqa', 'paper-vit-g', 'flan-t5-xl', { batchSize: 128, imageSize: 490, layerDecay: 0.95 }],
    ['vqa', 'paper-vit-g', 'opt-2.7b', { prompt: 'Question: {} Answer:', layerDecay: 0.95 }],
    ['vqa', 'paper-vit-g', 'opt-6.7b', { steps: 82_165, layerDecay: 0.9 }],
  ] as const)('fine-tuning, %s, %s with %s', async (kind, name, language, numbers) => {
    const from = { model: { parts: { language: PAPER_LANGUAGE[language] } } };
    expect(await recipeOptions(kind, name, { from })).toMatchObject({
      ...numbers,
      ...{ learningRate: 1e-5, warmupSteps: 1000, beta1: 0.9, beta2: 0.999, weightDecay: 0.05 },
    });
  });

  test.each([
    ['paper-vit-l', { learningRate: 5e-6, beta2: 0.98, layerDecay: 1 }],
    ['paper-vit-g', { learningRate: 1e-5, beta2: 0.999, layerDecay: 0.95 }],
    ['lavis-vit-g', { learningRate: 1e-5, beta2: 0.999, layerDecay: 1 }],
  ])('fine-tuning for retrieval, %s', async (name, numbers) => {
    const options = await recipeOptions('retrieval', name);
    expect(options).toMatchObject({ ...numbers, steps: 12_650, batchSize: 224, imageSize: 364 });
    expect(options.losses).toEqual({ itc: 1, itm: 1, itg: 1 });
  });

  test('an unknown name is answered with the nearest', async () => {
    await expect(recipeOptions('stage1', 'paper-vit-gg')).rejects.toMatchObject({
      hint: expect.stringContaining('Did you mean paper-vit-g?') as string,
      exitCode: 2,
    });
    const wrong = () => plannedRuns('paper-vit-l', ['opt-2.7']);
    expect(wrong).toThrow('Unknown language model opt-2.7');
    expect(wrong).toThrow(expect.objectContaining({ exitCode: 2 }) as Blip2Error);
  });
});

describe('parameters', () => {
  // What stage 1 trains; the paper calls it 188M, which no part of the model comes to (docs/paper-vs-lavis.md).
  test.each([
    ['paper-vit-l', 183_165_758],
    ['paper-vit-g', 186_705_470],
  ])('stage 1, %s', (recipe, trainable) => expect(runOf(recipe).size.trainable).toBe(trainable));

  // Table 2: trainable in millions; exact ones as counted from LAVIS's state dicts.
  test.each([
    ['paper-vit-l', 'opt-2.7b', 104, 103_593_984],
    ['paper-vit-g', 'opt-2.7b', 107, 107_133_696],
    ['paper-vit-g', 'opt-6.7b', 108, 108_314_880],
    ['paper-vit-l', 'flan-t5-xl', 103, 103_200_256],
    ['paper-vit-g', 'flan-t5-xl', 107, 106_739_968],
    ['paper-vit-g', 'flan-t5-xxl', 108, 108_314_880],
  ])('stage 2, %s with %s: %dM', (recipe, language, millions, exact) => {
    const { trainable } = runOf(recipe, language).size;
    expect(trainable).toBe(exact);
    expect(Math.round(trainable / 1e6)).toBe(millions);
  });
});

describe('fine-tuning on larger pictures', () => {
  const visionOf = (name: 'vit-l' | 'vit-g', imageSize: number) => ({
    vision: resizedShape(PAPER_VISION[name], imageSize),
    imageSize,
    trainsVision: true,
  });
  const answering = (imageSize: number, language: keyof typeof PAPER_LANGUAGE, readsQuestions: boolean) => {
    const { qformer } = blip2Qformer(1408);
    const alone = { useQformerTextInput: false, vocabSize: 1, maxPositionEmbeddings: 1 };
    return stage2Size({
      ...visionOf('vit-g', imageSize),
      qformer: { ...qformer, ...(readsQuestions ? { useQformerTextInput: true } : alone) },
      language: PAPER_LANGUAGE[language],
      languageType: 'float16',
      textLength: 32,
      prompted: true,
      questionLength: readsQuestions ? 32 : 0,
    });
  };
  const scoring = (name: 'vit-l' | 'vit-g', width: number) =>
    stage1Size({ ...visionOf(name, 364), config: blip2Qformer(width), textLength: 32 });

  // Tables 3 to 5: 1.1B, 1.2B, 474M, 1.2B.
  test.each([
    ['captions', answering(364, 'opt-2.7b', false), 1.1e9, 16, 27],
    ['questions', answering(490, 'opt-2.7b', true), 1.2e9, 8, 28],
    ['retrieval, ViT-L', scoring('vit-l', 1024), 0.474e9, 14, 11],
    ['retrieval, ViT-g', scoring('vit-g', 1408), 1.2e9, 14, 23],
  ] as const)('%s: what the paper says is trained, and 40 GB are enough', (_, size, paper, each, gib) => {
    expect(Math.abs(size.trainable / paper - 1)).toBeLessThan(0.03);
    const options = { batchSize: each, accumulate: 1, recompute: true };
    expect(memoryOf(size, options).peak / 2 ** 30).toBeLessThan(gib);
    expect(memoryOf(size, options).peak / 2 ** 30).toBeGreaterThan(gib - 2);
    expect(memoryOf(size, { ...options, recompute: false }).peak / 2 ** 30).toBeGreaterThan(36);
  });
});

describe('operations', () => {
  test('of a ViT: two for each number of a matrix and token, and attention', () => {
    const vision = PAPER_VISION['vit-l'];
    const [W, F, P, blocks] = [1024, 4096, 257, 23];
    const block = 2 * P * (4 * W * W + 2 * W * F) + 4 * P * P * W;
    const forward = blocks * block + 2 * 256 * 3 * 14 * 14 * W;
    expect(visionCost(vision, 224, false)).toMatchObject({ forward, backward: 0 });
    expect(visionCost(vision, 224, true).backward).toBe(2 * forward);
  });

  test.each(['opt-2.7b', 'flan-t5-xl'] as const)('of %s: about two for each parameter and row', (name) => {
    const language = PAPER_LANGUAGE[name];
    const lengths = { given: 64, target: 64 };
    const { forward, backward } = languageCost(language, lengths);
    const rows = language.tower.architecture === 'decoder-only' ? 128 : 64;
    const products = 2 * rows * countParameters(language.tower.parameters());
    // Tables are looked up; attention and the head of the target come to little.
    expect(forward / products).toBeGreaterThan(0.9);
    expect(forward / products).toBeLessThan(1.05);
    expect(backward).toBeGreaterThan(forward); // attention has two operands
    expect(backward).toBeLessThan(1.1 * forward);
  });

  test('recomputed blocks: a third more where a gradient comes through, and less memory', () => {
    const { size } = runOf('paper-vit-g');
    const [vision, qformer] = size.parts.map(({ cost }) => cost);
    expect(operationsOf(size)).toBe(vision.forward + qformer.forward + qformer.backward);
    expect(operationsOf(size, true) - operationsOf(size)).toBe(qformer.forward);
    const memory = (recompute: boolean) => memoryOf(size, { batchSize: 105, accumulate: 1, recompute });
    expect(memory(true).activations).toBeLessThan(memory(false).activations / 3);
    expect(memory(false)).toMatchObject({
      frozen: 2 * vision0(size),
      weights: 4 * 186_705_470,
      moments: 8 * 186_705_470,
    });
  });
});

const vision0 = ({ parts }: (typeof runs)[number]['size']) => parts[0].parameters;

describe('time on several workers', () => {
  const run = runOf('paper-vit-g');

  test("with the utilisation that the paper's time comes to, its run takes six days, and summing on top", () => {
    const utilisation = impliedUtilisation(run.size, run, 6);
    expect(utilisation).toBeGreaterThan(0.1);
    expect(utilisation).toBeLessThan(0.13);
    const machines = { workers: 16, tflops: 312, utilisation, link: 300 };
    const plan = planned(run, machines);
    const { compute, communication } = plan.simulated;
    expect((compute * 250_000) / 86_400).toBeCloseTo(6, 6);
    expect(plan.days).toBeCloseTo(((compute + communication) * 250_000) / 86_400, 6);
    expect(plan.gpuHours).toBeCloseTo(plan.days * 24 * 16, 6);
    expect(planned(run, { ...machines, price: 2 }).cost).toBeCloseTo(2 * plan.gpuHours, 6);
  });

  test('a ring sends gradients twice but for one part; one worker sends nothing', () => {
    const { size } = run;
    const gradients = 4 * size.trainable;
    expect(bytesSent(size, { workers: 1, batchSize: 8, gathered: 100 })).toBe(0);
    expect(bytesSent(size, { workers: 2, batchSize: 8, gathered: 0 })).toBe(gradients);
    expect(bytesSent(size, { workers: 4, batchSize: 8, gathered: 100 })).toBe(1.5 * gradients + 0.75 * 3200);
  });

  test('more workers: less time, less of it used', () => {
    const cluster = { rate: 50, link: 1e10 };
    const many = [1, 2, 8, 64].map((workers) => simulate(run.size, run, { ...cluster, workers }));
    for (const [i, { total, efficiency }] of many.entries()) {
      if (i === 0) expect(efficiency).toBe(1);
      else {
        expect(total).toBeLessThan(many[i - 1].total);
        expect(efficiency).toBeLessThan(many[i - 1].efficiency);
      }
    }
  });
});
