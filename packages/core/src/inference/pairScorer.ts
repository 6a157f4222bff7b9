/**
 * Images and texts of a BLIP-2 for retrieval, scored: a few as they are asked about, or by the thousand. The Q-Former's keys and
 * values of an image are computed once and read by all texts beside it; texts stand packed, so that next to nothing is
 * padding; batches have about as many tokens each, so that few signatures are compiled.
 * B batch, P patches, W width of the image, Q queries, E width of the projections, N texts.
 */
import { breathe, compile, computeValues, tf, type Tensor, type TensorTree } from '../runtime';
import type { Weights } from '../nn';
import type { Tokenizer } from '../text';
import type { ImageSource } from '../image';
import {
  encodePackedPairs,
  imageTextMatchingLogits,
  imageVectors,
  readImage,
  textVectors,
  tokenCount,
  type Blip2Retrieval,
  type ImageMemory,
  type PackedTexts,
  type Text,
} from '../models';
import { similarities } from '../losses';
import { filledBatches } from './filledBatches';
import { processImages, type ImageProcessor } from './imageProcessor';
import { TextTable } from './textTable';

/** Texts that are encoded at once. */
const TEXTS = 64;

/** What pairs are scored by. */
export interface PairParts {
  model: Pick<Blip2Retrieval, 'vision' | 'config'>;
  weights: () => Weights;
  tokenizer: Tokenizer;
  processor: ImageProcessor;
}

/** Compiled once per model. */
export class PairScorer {
  private readonly look;
  private readonly project;
  private readonly read;
  private readonly remember;
  private readonly match;

  constructor(private readonly parts: PairParts) {
    const { model, weights } = parts;
    const { config, vision } = model;
    this.look = compile((pixels: Tensor) => vision.features(weights(), pixels), { name: 'visionTower' }); // [B, P, W]
    this.project = compile((features: Tensor) => imageVectors(weights(), config, features), {
      name: 'projectImages',
    }); // [B, Q, E]
    this.read = compile((text: Text) => textVectors(weights(), config, text), { name: 'projectTexts' }); // [N, E]
    this.remember = compile(
      (features: Tensor): TensorTree => readImage(weights(), config, features) as unknown as TensorTree,
      { name: 'imageMemory' },
    );
    this.match = compile(
      (memory: TensorTree, texts: PackedTexts) => {
        const w = weights();
        const queries = encodePackedPairs(w, config, memory as unknown as ImageMemory, texts);
        return imageTextMatchingLogits(w, queries); // [N, 2]
      },
      { name: 'matchTexts' },
    );
  }

  /** Side that pictures are resized to. */
  get imageSize(): number {
    return this.parts.processor.size;
  }

  /** Of an image's features. */
  get featureShape(): [patches: number, width: number] {
    const { vision } = this.parts.model;
    return [tokenCount(vision, this.imageSize), vision.hiddenSize];
  }

  /** What is read of images [B, P, W], to be disposed of. @throws Blip2Error naming one that cannot be decoded */
  async features(images: readonly ImageSource[]): Promise<Tensor> {
    const { model, processor } = this.parts;
    const { size } = processor;
    tokenCount(model.vision, size); // an error that says what is wrong, rather than one of shapes
    const pixels = await processImages(processor, images);
    return tf.tidy(() => this.look(tf.tensor4d(pixels, [images.length, size, size, 3])));
  }

  /** Texts in tokens, cut where the Q-Former has no more positions. @param most tokens before */
  texts(texts: readonly string[], most = Infinity): TextTable {
    const { tokenizer, model } = this.parts;
    return new TextTable(texts, tokenizer, Math.min(most, model.config.qformer.maxPositionEmbeddings));
  }

  /** Unit vectors of all texts [N, E], to be disposed of. */
  async textVectors(texts: TextTable): Promise<Tensor> {
    const parts: Tensor[] = [];
    for (const { rows, real } of filledBatches(texts.size, TEXTS)) {
      parts.push(tf.tidy(() => this.read(texts.padded(rows)).slice([0, 0], [real, -1])));
      await breathe();
    }
    const vectors = tf.concat(parts, 0);
    tf.dispose(parts);
    return vectors;
  }

  /** Cosine of each image's best query and each text, row-major [B, N]. @param features [B, P, W] @param vectors [N, E] */
  cosines(features: Tensor, vectors: Tensor): Float32Array {
    return computeValues(() => similarities(this.project(features), vectors));
  }

  /**
   * Logits of one image and each of some texts [chosen.length, 2]; class 1: they match.
   * @param features of the image [1, P, W]
   */
  async matchLogits(features: Tensor, texts: TextTable, chosen: readonly number[]): Promise<Float32Array> {
    const logits = new Map<number, Float32Array>();
    const memory = tf.tidy(() => this.remember(features) as never) as TensorTree;
    try {
      for (const some of texts.batches(chosen)) {
        const found = computeValues(() => this.match(memory, texts.packed(some)));
        some.forEach((text, i) => logits.set(text, found.subarray(2 * i, 2 * i + 2)));
        await breathe();
      }
    } finally {
      tf.dispose(memory as never);
    }
    return Float32Array.from(chosen.flatMap((text) => [...logits.get(text)!]));
  }

  /** Frees the compiled functions. */
  dispose(): void {
    for (const compiled of [this.look, this.project, this.read, this.remember, this.match])
      compiled.dispose();
  }
}
