/** The objective of stage 1 and of fine-tuning for retrieval, as the trainer wants it. B batch, P patches, W width. */
import { Blip2Error, tf, type Rng, type Tensor } from '../runtime';
import type { Weights } from '../nn';
import type { Blip2QformerConfig } from '../models';
import { partOfRows, stage1Losses, type Stage1Batch, type Stage1Weights } from '../losses';
import type { HostTensor } from '../checkpoints';
import type { LossResult } from '../train';
import { customLosses, STAGE1_LOSSES, type Losses } from './objectiveOptions';

const weightName = (name: string) => `weight.${name}`;

/** Weights are inputs of the compiled step, not constants in it. What weighs nothing is not computed. */
export function lossWeights(losses: Losses): Record<string, HostTensor> {
  const used = STAGE1_LOSSES.filter((name) => typeof losses[name] === 'number' && losses[name] > 0);
  return Object.fromEntries(
    used.map((name) => [weightName(name), { shape: [], data: Float32Array.of(losses[name] as number) }]),
  );
}

/** The weights among the inputs of a step. */
export function usedWeights(inputs: Record<string, Tensor>): Stage1Weights {
  const used = STAGE1_LOSSES.filter((name) => weightName(name) in inputs);
  return Object.fromEntries(used.map((name) => [name, inputs[weightName(name)]]));
}

/** What the Q-Former is, and what it is trained by. */
export interface Objective {
  config: Blip2QformerConfig;
  losses: Losses;
  /** See `imageTextContrastive`. */
  gathered?: 'stopped' | 'attached';
}

/**
 * The weighted sum of the losses, and each of them.
 *
 * @param image features [B, P, W]
 * @param inputs of the step: texts, `lossWeights`; `imageIds` where pictures may come twice
 * @throws Blip2Error naming a loss of one's own that is no scalar
 */
export function objective(
  w: Weights,
  { config, losses, gathered }: Objective,
  image: Tensor,
  inputs: Record<string, Tensor>,
  rng: Rng,
): LossResult {
  const batch: Stage1Batch = {
    image,
    textIds: inputs.textIds,
    textMask: inputs.textMask,
    imageIds: inputs.imageIds,
  };
  const weights = usedWeights(inputs);
  const { outputs, loss: total, ...terms } = stage1Losses(w, config, batch, { rng, weights, gathered });
  const extra = Object.fromEntries(
    customLosses(losses).map(([name, custom]) => {
      const value = scalar(name, custom(outputs, batch));
      return [name, partOfRows(value)] as const;
    }),
  );
  return { loss: tf.addN([total, ...Object.values(extra)]), ...terms, ...extra };
}

/** What a loss of one's own returned, if it is what a loss should be. */
function scalar(name: string, value: unknown): Tensor {
  const tensor = value instanceof tf.Tensor ? (value as Tensor) : undefined;
  if (tensor?.rank === 0) return tensor;
  const got = tensor ? `a tensor of shape [${tensor.shape.join(', ')}]` : typeof value;
  throw new Blip2Error(`losses.${name} should return a scalar tensor, not ${got}`, {
    hint: 'Reduce what was computed to one number, e.g. tf.mean(…).',
  });
}
