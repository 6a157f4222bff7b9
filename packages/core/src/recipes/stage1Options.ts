/** What a stage-1 recipe can say, and what it says if it says nothing. */
import { z } from 'zod';
import type { ImageTextDataset, FrozenVisionTower } from '../data';
import { trainingShape } from '../train';
import { parseOptions, wrongOption } from './errors';
import { checkContrast, checkLosses, lossesSchema } from './objectiveOptions';
import { qformerSchema } from './qformerOptions';
import { picturesShape, storageSchema, type StreamedDataset } from './streamedOptions';

const count = z.number().int().positive();

const qformer = qformerSchema.extend({
  /** Width of the space in which images and texts are compared. */
  projection: count.default(64),
  /** Rows of its table of positions, where it should have more than texts are long: BERT has 512. */
  positions: count.optional(),
});

const schema = z.strictObject({
  queries: count.default(8),
  losses: lossesSchema,
  qformer: qformer.prefault({}),
  /** Divides similarities; learned from here on. */
  temperature: z.number().positive().default(0.07),
  /** What ITC's other side of each pair learns from it: nothing (stopped, as in LAVIS, unless given), or as much (attached). */
  gathered: z.enum(['stopped', 'attached']).optional(),
  /** Longest caption in tokens, special tokens included. */
  maxTextLength: count.default(32),
  /** Start from a model folder of a BERT of the Q-Former's sizes; all is drawn from the seed unless given. */
  initialise: z.strictObject({ bert: z.string() }).optional(),
  /** How a vision tower that is given by its folder is stored; float32 unless given. */
  towerType: storageSchema,
  ...picturesShape,
  ...trainingShape,
});

export type Stage1Settings = z.output<typeof schema>;

/** Of stage 1: the data, the tower in front, the Q-Former, losses, the numbers of the loop. */
export type Stage1Options = z.input<typeof schema> & {
  data: ImageTextDataset | StreamedDataset;
  /** The frozen tower in front, or its folder; the one that is shipped for the data unless given. */
  tower?: FrozenVisionTower | string;
  /** Folder of the Q-Former's tokenizer; the data's own unless given. */
  tokenizer?: string;
};

/** Defaults filled in. @throws Blip2Error naming a key that is unknown or out of range */
export function parseStage1(options: Record<string, unknown>): Stage1Settings {
  const settings = parseOptions(schema, options, 'stage1 recipe');
  checkLosses('stage1', settings.losses);
  const { width, heads, positions = Infinity } = settings.qformer;
  if (width % heads !== 0) {
    const what = `${heads} heads do not divide the width ${width}`;
    throw wrongOption('stage1', 'qformer.heads', what, 'E.g. 64 and 4.');
  }
  if (positions < settings.maxTextLength) {
    const what = `${positions} positions are too few for texts of ${settings.maxTextLength} tokens`;
    throw wrongOption('stage1', 'qformer.positions', what, 'Make it maxTextLength or more.');
  }
  checkContrast('stage1', settings.batchSize);
  return settings;
}
