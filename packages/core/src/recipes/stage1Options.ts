/** What a stage-1 recipe can say, and what it says if it says nothing. */
import { z } from 'zod';
import type { ImageTextDataset, FrozenVisionTower } from '../data';
import { trainingShape } from '../train';
import { parseOptions, wrongOption } from './errors';
import { checkContrast, checkLosses, lossesSchema } from './objectiveOptions';
import { qformerSchema } from './qformerOptions';

const count = z.number().int().positive();

const qformer = qformerSchema.extend({
  /** Width of the space in which images and texts are compared. */
  projection: count.default(64),
});

const schema = z.strictObject({
  queries: count.default(8),
  losses: lossesSchema,
  qformer: qformer.prefault({}),
  /** Divides similarities; learned from here on. */
  temperature: z.number().positive().default(0.07),
  /** Longest caption in tokens, special tokens included. */
  maxTextLength: count.default(32),
  /** Start from a model folder of a BERT of the Q-Former's sizes; all is drawn from the seed unless given. */
  initialise: z.strictObject({ bert: z.string() }).optional(),
  ...trainingShape,
});

export type Stage1Settings = z.output<typeof schema>;

/** Of stage 1: the data, the tower in front, the Q-Former, losses, the numbers of the loop. */
export type Stage1Options = z.input<typeof schema> & {
  data: ImageTextDataset;
  /** The frozen tower in front; the one that is shipped for the data unless given. */
  tower?: FrozenVisionTower;
};

/** Defaults filled in. @throws Blip2Error naming a key that is unknown or out of range */
export function parseStage1(options: Record<string, unknown>): Stage1Settings {
  const settings = parseOptions(schema, options, 'stage1 recipe');
  checkLosses('stage1', settings.losses);
  const { width, heads } = settings.qformer;
  if (width % heads !== 0) {
    const what = `${heads} heads do not divide the width ${width}`;
    throw wrongOption('stage1', 'qformer.heads', what, 'E.g. 64 and 4.');
  }
  checkContrast('stage1', settings.batchSize);
  return settings;
}
