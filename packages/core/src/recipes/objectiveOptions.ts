/** The losses of stage 1, as its recipe and that of fine-tuning for retrieval name and weigh them. */
import { z } from 'zod';
import type { Tensor } from '../runtime';
import type { Stage1Batch, Stage1Outputs } from '../losses';
import { sha256, type JsonObject } from '../checkpoints';
import { unknownKey, wrongOption } from './errors';

/** A loss of one's own: a scalar of what the model computed. Added to the others, and compiled with them. */
export type CustomLoss = (outputs: Stage1Outputs, batch: Stage1Batch) => Tensor;

export const STAGE1_LOSSES = ['itc', 'itm', 'itg'] as const;
export type Stage1Loss = (typeof STAGE1_LOSSES)[number];

const loss = z.union([
  z.number().nonnegative(),
  z.custom<CustomLoss>((value) => typeof value === 'function'),
]);

/** Weights of itc, itm and itg (0 or absent: not computed), and losses of one's own by name. */
export const lossesSchema = z.record(z.string(), loss).default({ itc: 1, itm: 1, itg: 1 });
export type Losses = z.output<typeof lossesSchema>;

/** Names that the log has other uses for. */
const TAKEN = ['loss', 'step', 'learningRate', 'gradientNorm', 'samplesPerSecond', 'evaluation'];

/** @throws Blip2Error naming a loss that is unknown or cannot be called so, or if none of the three is computed */
export function checkLosses(recipe: string, losses: Losses): void {
  for (const [name, value] of Object.entries(losses)) checkLoss(recipe, name, value);
  if (STAGE1_LOSSES.some((name) => losses[name])) return;
  const hint = 'A loss of your own comes on top of one of them.';
  throw wrongOption(recipe, 'losses', 'none of itc, itm, itg is above 0', hint);
}

function checkLoss(recipe: string, name: string, value: number | CustomLoss): void {
  const isBuiltIn = STAGE1_LOSSES.includes(name as Stage1Loss);
  if (typeof value === 'number' && !isBuiltIn) {
    const known = STAGE1_LOSSES.map((loss) => `losses.${loss}`);
    throw unknownKey('loss', `losses.${name}`, known);
  }
  if (typeof value === 'function' && (isBuiltIn || TAKEN.includes(name))) {
    throw wrongOption(recipe, `losses.${name}`, 'the name is taken', 'Give your loss another one.');
  }
}

/** What a contrastive loss can be had of. */
export function checkContrast(recipe: string, batchSize: number): void {
  if (batchSize >= 2) return;
  const what = 'there is nothing to contrast a single picture with';
  throw wrongOption(recipe, 'batchSize', what, 'Make it 2 or more.');
}

export const customLosses = (losses: Losses): [string, CustomLoss][] =>
  Object.entries(losses).filter((entry): entry is [string, CustomLoss] => typeof entry[1] === 'function');

/** The losses in a recipe's record. */
export function lossRecord(losses: Losses): JsonObject {
  // A function's text stands for it: good enough to tell runs apart, not to take one for the other.
  const record = Object.entries(losses).map(([name, loss]) => [
    name,
    typeof loss === 'function' ? sha256(String(loss)) : loss,
  ]);
  return Object.fromEntries(record) as JsonObject;
}
