/**
 * Our re-ranking of candidates by ITM with a paper-size Q-Former of random weights, for the harness to time: the protocol is
 * that of bench/peers (README there). One step is one image, whose features are there, with its candidates.
 * Variants: compiled; bf16, whose matrices are stored in bfloat16.
 *
 *   npx tsx bench/ours/rerank.ts bench/peers/rerank-itm.json --warm-up 1 --steps 2
 */
import { readConfig, serve, storage } from './serve';
import type { QformerConfig } from '../../packages/core/src/models';
import { queriesCost } from '../../packages/core/src/recipes/plan/qformerCost';

export interface RerankCase {
  visionWidth: number;
  patches: number;
  vocabulary: number;
  candidates: number;
  /** Tokens of the texts: from the shortest to the longest, most of them short. */
  lengths: [shortest: number, longest: number];
}

/** Cubed, a text of the middle is a ninth of the way from the shortest to the longest: as captions of COCO are. */
const lengthOf = (text: number, { candidates, lengths: [shortest, longest] }: RerankCase): number =>
  shortest + Math.floor((((text * 37) % candidates) / candidates) ** 3 * (longest - shortest + 1));

/**
 * What a pair's score needs, beside what its image's does: in the last block no text's row but as key and value, and not the
 * queries' projections of the first, which are the same for all pairs.
 */
function ofPair(qformer: QformerConfig, patches: number, textLength: number): number {
  const { hiddenSize: D, intermediateSize: F, numQueryTokens } = qformer;
  const idle = textLength * (2 * (2 * D * D + 2 * D * F) + 4 * (numQueryTokens + textLength) * D);
  const same = 2 * numQueryTokens * 3 * D * D;
  return (
    queriesCost(qformer, { patches, textLength }).forward - keysAndValues(qformer, patches) - idle - same
  );
}

/** What an image needs once for all its pairs. */
function ofImage(qformer: QformerConfig, patches: number): number {
  return keysAndValues(qformer, patches) + 2 * qformer.numQueryTokens * 3 * qformer.hiddenSize ** 2;
}

function keysAndValues(qformer: QformerConfig, patches: number): number {
  const reading = Math.ceil(qformer.numHiddenLayers / qformer.crossAttentionFrequency);
  return reading * 2 * patches * qformer.encoderHiddenSize * 2 * qformer.hiddenSize;
}

async function main(): Promise<void> {
  const c = readConfig<RerankCase>();
  const { HalfTensor, ParameterStore, Rng } = await import('../../packages/core/src/runtime');
  const { storageType } = await import('../../packages/core/src/checkpoints/storage');
  const { Weights } = await import('../../packages/core/src/nn');
  const { blip2Qformer, blip2QformerParameters } = await import('../../packages/core/src/models');
  const { PairScorer } = await import('../../packages/core/src/inference');

  const config = blip2Qformer(c.visionWidth);
  const parameters = ParameterStore.create(blip2QformerParameters(config), 0);
  const half = storage === 'float32' ? undefined : storage;
  const stored = Object.entries(parameters.readAll()).map(([name, value]) => {
    const dtype = storageType(name, value.shape, half);
    return [name, dtype ? HalfTensor.from(value, dtype) : value] as const;
  });
  const weights = new Weights(Object.fromEntries(stored));
  const side = Math.sqrt(c.patches - 1);
  const scorer = new PairScorer({
    model: { vision: { hiddenSize: c.visionWidth, patchSize: 1, imageSize: side } as never, config },
    weights: () => weights,
    // A text is its number here.
    tokenizer: {
      encodeBatch: ([text]: string[]) => {
        const length = lengthOf(Number(text), c);
        const ids = Int32Array.from(
          { length },
          (_, i) => 5 + ((Number(text) * 7919 + i * 104_729) % (c.vocabulary - 6)),
        );
        return { ids, mask: new Int32Array(length).fill(1), shape: [1, length] };
      },
    } as never,
    processor: { size: side, mean: [0, 0, 0], std: [1, 1, 1] },
  });
  const features = Rng.from(1).normal([1, c.patches, c.visionWidth]);
  const texts = Array.from({ length: c.candidates }, (_, text) => text);
  const table = scorer.texts(texts.map(String));
  const operations = texts.reduce(
    (sum, text) => sum + ofPair(config.qformer, c.patches, lengthOf(text, c)),
    0,
  );
  await serve(() => scorer.matchLogits(features, table, texts), {
    operations: operations + ofImage(config.qformer, c.patches),
  });
}

void main();
