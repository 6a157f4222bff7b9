/** What a stage-1 recipe can say, and what it says if it says nothing. */
import { z } from 'zod';
import { Blip2Error, type Tensor } from '../runtime';
import type { Stage1Batch, Stage1Outputs } from '../losses';
import type { ImageTextDataset, FrozenVisionTower } from '../data';
import { trainingShape } from '../train';
import { parseOptions, unknownKey } from './errors';
import { qformerSchema } from './qformerOptions';

/** A loss of one's own: a scalar of what the model computed. Added to the others, and compiled with them. */
export type CustomLoss = (outputs: Stage1Outputs, batch: Stage1Batch) => Tensor;

export const STAGE1_LOSSES = ['itc', 'itm', 'itg'] as const;
export type Stage1Loss = (typeof STAGE1_LOSSES)[number];

const count = z.number().int().positive();
const loss = z.union([
  z.number().nonnegative(),
  z.custom<CustomLoss>((value) => typeof value === 'function'),
]);

const qformer = qformerSchema.extend({
  /** Width of the space in which images and texts are compared. */
  projection: count.default(64),
});

const schema = z.strictObject({
  queries: count.default(8),
  /** Weights of itc, itm and itg (0 or absent: not computed), and losses of one's own by name. */
  losses: z.record(z.string(), loss).default({ itc: 1, itm: 1, itg: 1 }),
  qformer: qformer.prefault({}),
  /** Divides similarities; learned from here on. */
  temperature: z.number().positive().default(0.07),
  /** Longest caption in tokens, special tokens included. */
  maxTextLength: count.default(32),
  ...trainingShape,
});

export type Stage1Settings = z.output<typeof schema>;

export type Stage1Options = z.input<typeof schema> & {
  data: ImageTextDataset;
  /** The frozen tower in front; the one that is shipped for the data unless given. */
  tower?: FrozenVisionTower;
};

/** Defaults filled in. @throws Blip2Error naming a key that is unknown or out of range */
export function parseStage1(options: Record<string, unknown>): Stage1Settings {
  const settings = parseOptions(schema, options, 'stage1 recipe');
  for (const [name, value] of Object.entries(settings.losses)) checkLoss(name, value);
  if (!STAGE1_LOSSES.some((name) => settings.losses[name])) {
    throw wrong(
      'losses',
      'none of itc, itm, itg is above 0',
      'A loss of your own comes on top of one of them.',
    );
  }
  const { width, heads } = settings.qformer;
  if (width % heads !== 0) {
    throw wrong('qformer.heads', `${heads} heads do not divide the width ${width}`, 'E.g. 64 and 4.');
  }
  if (settings.batchSize < 2) {
    throw wrong('batchSize', 'there is nothing to contrast a single picture with', 'Make it 2 or more.');
  }
  return settings;
}

/** Names that the log has other uses for. */
const TAKEN = ['loss', 'step', 'learningRate', 'gradientNorm', 'samplesPerSecond', 'evaluation'];

function checkLoss(name: string, value: number | CustomLoss): void {
  const isBuiltIn = STAGE1_LOSSES.includes(name as Stage1Loss);
  if (typeof value === 'number' && !isBuiltIn) {
    const known = STAGE1_LOSSES.map((loss) => `losses.${loss}`);
    throw unknownKey('loss', `losses.${name}`, known);
  }
  if (typeof value === 'function' && (isBuiltIn || TAKEN.includes(name))) {
    throw wrong(`losses.${name}`, 'the name is taken', 'Give your loss another one.');
  }
}

function wrong(key: string, what: string, hint: string): Blip2Error {
  return new Blip2Error(`stage1 recipe: ${key}: ${what}`, { hint, exitCode: 2 });
}
