/**
 * A CLIP on its own as a retrieval model: what a Q-Former in front of its ViT has to beat.
 * B batch, S image side, I images, T texts, L tokens, E width of the projections.
 */
import { Blip2Error, breathe, compile, computeValues, tf, type Tensor } from '../runtime';
import { Tokenizer } from '../text';
import { normalise } from '../image';
import { CLIP } from '../models';
import { fromPretrained } from '../checkpoints';
import { stackPixels, type ImageTextDataset } from '../data';
import type { EncodedPool, RetrievalModel } from './retrieval';

const BATCH = 64;

export interface ClipRetrieval extends RetrievalModel {
  /** Frees weights and compiled functions. */
  dispose(): void;
}

/**
 * The CLIP that data's vision tower is a part of. It ranks by its cosines alone: evaluate it with `k: 0`.
 * @throws Blip2Error if the folder holds no CLIP
 */
export function clipRetrieval({
  visionDir,
  tokenizerDir,
}: Pick<ImageTextDataset, 'visionDir' | 'tokenizerDir'>): ClipRetrieval {
  const tokenizer = Tokenizer.fromFolder(tokenizerDir);
  const { model, config, weights, dispose } = fromPretrained(visionDir, CLIP);
  const image = compile((pixels: Tensor) => model.image(weights, pixels), { name: 'clipImages' });
  const text = compile((ids: Tensor) => model.text(weights, ids), { name: 'clipTexts' });
  const maxLength = config.text.maxPositionEmbeddings;

  /** Rows [count, E], in batches filled up with their first row, so that one signature is compiled. */
  async function vectors(count: number, encode: (rows: Int32Array) => Tensor): Promise<Float32Array> {
    const out = new Float32Array(count * config.projectionDim);
    for (let start = 0; start < count; start += BATCH) {
      const real = Math.min(BATCH, count - start);
      const rows = Int32Array.from({ length: BATCH }, (_, i) => (i < real ? start + i : start));
      const part = computeValues(() => encode(rows).slice([0, 0], [real, -1]));
      out.set(part, start * config.projectionDim);
      await breathe();
    }
    return out;
  }

  return {
    async encodePool(split, texts): Promise<EncodedPool> {
      const { imageSize: side } = split;
      const images = await vectors(split.size, (rows) =>
        image(tf.tensor4d(normalise(stackPixels(split, rows)), [BATCH, side, side, 3])),
      );
      const { ids } = tokenizer.encodeBatch([...texts], { maxLength });
      const said = await vectors(texts.length, (rows) => {
        const chosen = Array.from(rows, (row) => [...ids.subarray(row * maxLength, (row + 1) * maxLength)]);
        return text(tf.tensor2d(chosen, [BATCH, maxLength], 'int32'));
      });
      const similarities = computeValues(() =>
        tf.matMul(
          tf.tensor2d(images, [split.size, config.projectionDim]),
          tf.tensor2d(said, [texts.length, config.projectionDim]),
          false,
          true,
        ),
      );
      return { similarities, matchLogits: noMatching };
    },
    dispose() {
      image.dispose();
      text.dispose();
      dispose();
    },
  };
}

function noMatching(): never {
  throw new Blip2Error('A CLIP has no image-text matching to re-rank by', { hint: 'Evaluate it with k: 0.' });
}
