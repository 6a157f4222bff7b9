/** The runs that `blip2 plan` reckons with: both stages of the recipes of the paper's size. */
import { parseStage1 } from '../stage1Options';
import { parseStage2 } from '../stage2Options';
import { qformerConfig } from '../qformerOptions';
import { blip2Qformer } from '../../models';
import { unknownKey } from '../errors';
import { PAPER_LANGUAGE, PAPER_RECIPES, PAPER_VISION } from '../paper';
import { memoryOf } from './memory';
import { operationsOf, rateOf, scaling, simulate, type Simulated } from './simulate';
import { stage1Size, stage2Size, type RunSize } from './size';

/** The name of a recipe of the paper's size. */
export type PaperRecipe = keyof typeof PAPER_RECIPES;
/** The name of a language model of the paper. */
export type PaperLanguage = keyof typeof PAPER_LANGUAGE;

/** A run, with its towers as published. */
export interface PlannedRun {
  recipe: PaperRecipe;
  stage: 'stage1' | 'stage2';
  language?: PaperLanguage;
  steps: number;
  batchSize: number;
  size: RunSize;
  /** Numbers of each sample that all workers get: for negatives, stage 1 compares with everyone's. */
  gathered: number;
}

/** Stage 1, and stage 2 with each language model. @throws Blip2Error naming the nearest known name */
export function plannedRuns(recipe: string, languages: readonly string[]): PlannedRun[] {
  if (!Object.hasOwn(PAPER_RECIPES, recipe)) {
    throw unknownKey('recipe', recipe, Object.keys(PAPER_RECIPES));
  }
  const name = recipe as PaperRecipe;
  return [stage1Run(name), ...languages.map((language) => stage2Run(name, known(language)))];
}

function known(language: string): PaperLanguage {
  if (Object.hasOwn(PAPER_LANGUAGE, language)) return language as PaperLanguage;
  throw unknownKey('language model', language, Object.keys(PAPER_LANGUAGE));
}

function stage1Run(recipe: PaperRecipe): PlannedRun {
  const { vision: name, stage1 } = PAPER_RECIPES[recipe];
  const vision = PAPER_VISION[name];
  const { steps, batchSize, imageSize, towerType, maxTextLength } = parseStage1(stage1);
  const config = blip2Qformer(vision.model.hiddenSize);
  const size = stage1Size({
    vision,
    imageSize: imageSize ?? vision.model.imageSize,
    towerType,
    config,
    textLength: maxTextLength,
  });
  // Projected queries and text for ITC; the picture's features for ITM.
  const gathered = (config.qformer.numQueryTokens + 1) * config.imageTextHiddenSize + size.features;
  return { recipe, stage: 'stage1', steps, batchSize, size, gathered };
}

function stage2Run(recipe: PaperRecipe, name: PaperLanguage): PlannedRun {
  const { vision: tower, stage2 } = PAPER_RECIPES[recipe];
  const [vision, language] = [PAPER_VISION[tower], PAPER_LANGUAGE[name]];
  const settings = parseStage2(stage2({ language }));
  const { steps, batchSize, imageSize, towerType, languageType, maxTextLength } = settings;
  const size = stage2Size({
    vision,
    imageSize: imageSize ?? vision.model.imageSize,
    towerType,
    language,
    languageType,
    qformer: qformerConfig(settings, {
      encoderHiddenSize: vision.model.hiddenSize,
      useQformerTextInput: false,
      vocabSize: 1,
      maxPositionEmbeddings: 1,
    }),
    textLength: maxTextLength,
    prompted: language.tower.architecture === 'encoder-decoder',
  });
  return { recipe, stage: 'stage2', language: name, steps, batchSize, size, gathered: 0 };
}

/** Machines. */
export interface PlannedMachines {
  workers: number;
  /** 10¹² operations per second of one, at best, and the part of it that is used. */
  tflops: number;
  utilisation: number;
  /** Pictures per second of one, in place of both. */
  rate?: number;
  /** Gigabytes per second that leave each. */
  link: number;
  /** Of one for an hour. */
  price?: number;
  recompute?: boolean;
}

/** What a run takes. */
export interface Planned {
  operationsPerSample: number;
  /** Bytes on each worker. */
  memory: number;
  /** The part of what the machines can do that is used; of a measured rate, what it comes to. */
  utilisation: number;
  simulated: Simulated;
  days: number;
  gpuHours: number;
  cost?: number;
  /** The same batch on other numbers of workers. */
  scaling: Simulated[];
}

export function planned(
  { size, steps, batchSize, gathered }: PlannedRun,
  { workers, tflops, utilisation, rate, link, price, recompute = false }: PlannedMachines,
): Planned {
  const operationsPerSample = operationsOf(size, recompute);
  const each = rate ?? rateOf(operationsPerSample, tflops * 1e12, utilisation);
  const cluster = { rate: each, link: link * 1e9 };
  const length = { steps, batchSize };
  const simulated = simulate(size, length, { ...cluster, workers }, gathered);
  const gpuHours = (simulated.total / 3600) * workers;
  return {
    operationsPerSample,
    memory: memoryOf(size, { batchSize: batchSize / workers, accumulate: 1, recompute }).peak,
    utilisation: (each * operationsPerSample) / (tflops * 1e12),
    simulated,
    days: simulated.total / 86_400,
    gpuHours,
    cost: price === undefined ? undefined : price * gpuHours,
    scaling: scaling(size, length, cluster, { most: workers, gathered }),
  };
}
