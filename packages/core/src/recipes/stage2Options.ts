/** What a stage-2 recipe can say, and what it says if it says nothing. */
import { z } from 'zod';
import type { FrozenLanguageModel, FrozenVisionTower, ImageTextDataset } from '../data';
import { trainingShape, type Run } from '../train';
import { parseOptions } from './errors';
import { qformerSchema } from './qformerOptions';
import type { Stage1Model } from './stage1Model';
import { picturesShape, storageSchema, type StreamedDataset } from './streamedOptions';

const count = z.number().int().positive();

const schema = z.strictObject({
  /** Of a new Q-Former; one that comes from stage 1 has its own sizes. */
  queries: count.default(8),
  qformer: qformerSchema.prefault({}),
  /** Longest text in tokens, special tokens included. */
  maxTextLength: count.default(32),
  /** How towers that are given by their folders are stored; float32 unless given. */
  towerType: storageSchema,
  languageType: storageSchema,
  ...picturesShape,
  ...trainingShape,
});

export type Stage2Settings = z.output<typeof schema>;

/** Of stage 2: the data, both towers, the stage-1 run, the numbers of the loop. */
export type Stage2Options = z.input<typeof schema> & {
  data: ImageTextDataset | StreamedDataset;
  /** The frozen language model that is to be told of images, or its folder. */
  language: FrozenLanguageModel | string;
  /** The frozen tower in front, or its folder; the one shipped for the data, or that of `from`, unless given. */
  tower?: FrozenVisionTower | string;
  /** The stage-1 run whose Q-Former goes on; unless given a new one is drawn (the ablation of the paper's figure 5). */
  from?: Run<Stage1Model>;
};

/** Defaults filled in. @throws Blip2Error naming a key that is unknown or out of range */
export function parseStage2(options: Record<string, unknown>): Stage2Settings {
  return parseOptions(schema, options, 'stage2 recipe');
}
