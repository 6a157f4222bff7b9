/** The objective of stage 1 and of fine-tuning for retrieval over a batch in chunks (`gradCache`). */
import { gatherRows, type Tensor } from '../runtime';
import type { Weights } from '../nn';
import {
  compareStage1Chunks,
  encodeStage1Chunk,
  stage1ChunkLosses,
  type Negatives,
  type Stage1Batch,
  type Stage1Encoding,
  type Stage1Weights,
} from '../losses';
import type { ChunkedLoss } from '../train';
import { usedWeights, type Objective } from './objective';
import { customLosses } from './objectiveOptions';

type Inputs = Record<string, Tensor>;

/**
 * @param features of the images of a step, of chosen rows of its inputs [m, P, W]
 * @returns undefined with losses of one's own, which are functions of a whole batch
 */
export function chunkedObjective(
  { config, losses, gathered }: Objective,
  features: (w: Weights, inputs: Inputs) => Tensor,
): ChunkedLoss | undefined {
  if (customLosses(losses).length > 0) return undefined;

  /** Rows of the batch: images of the ones, texts of the others. */
  const chunkOf = (w: Weights, inputs: Inputs, images: Tensor, texts: Tensor): Stage1Batch => {
    const { textIds, textMask, ...rest } = inputs;
    const rows = Object.entries(rest).filter(([, tensor]) => tensor.shape[0] === textIds.shape[0]);
    const chosen = rows.map(([name, tensor]) => [name, gatherRows(tensor, images)] as const);
    return {
      image: features(w, Object.fromEntries(chosen)),
      textIds: gatherRows(textIds, texts),
      textMask: gatherRows(textMask, texts),
    };
  };
  const batchSize = (inputs: Inputs): number => inputs.textIds.shape[0];

  return {
    encode: (w, inputs, rows, rng) =>
      encodeStage1Chunk(w, chunkOf(w, inputs, rows, rows), { config, weights: usedWeights(inputs), rng }),
    compare(w, encoded, inputs, rng) {
      const weights: Stage1Weights = usedWeights(inputs);
      const { losses: terms, notes } = compareStage1Chunks(w, encoded as Stage1Encoding, inputs.textMask, {
        weights,
        rng,
        gathered,
        imageIds: inputs.imageIds,
      });
      return { losses: terms, notes: { tokens: notes.tokens, ...notes.negatives } };
    },
    finish(w, inputs, rows, notes, rng) {
      const { tokens, ...negatives } = notes;
      const others = 'images' in negatives ? (negatives as unknown as Negatives) : undefined;
      const chunk = chunkOf(w, inputs, rows, rows);
      const beside =
        others && chunkOf(w, inputs, gatherRows(others.images, rows), gatherRows(others.texts, rows));
      const share = rows.shape[0] / batchSize(inputs);
      const options = { config, weights: usedWeights(inputs), rng };
      const found = stage1ChunkLosses(w, chunk, beside, { tokens, share }, options);
      return { encoded: found.encoded, losses: found.losses };
    },
  };
}
