/**
 * Images and texts of a BLIP-2 for retrieval, scored by the thousand. The Q-Former's keys and values of an image are
 * computed once and read by all texts beside it; texts of about one length stand together, so that little of a batch is
 * padding; batches have few sizes, so that few signatures are compiled.
 * B batch, P patches, W width of the image, Q queries, E width of the projections, T text tokens, N texts.
 */
import { breathe, compile, computeValues, tf, type Tensor, type TensorTree } from '../../runtime';
import type { RawImage } from '../../image';
import {
  encodeImage,
  encodePair,
  encodeText,
  imageTextMatchingLogits,
  projectImage,
  projectText,
  readImage,
  tokenCount,
  type ImageMemory,
  type Text,
} from '../../models';
import { similarities } from '../../losses';
import { filledBatches, processImages, type Blip2RetrievalParts } from '../../inference';

/** LAVIS's, of retrieval: texts are cut after so many tokens, special ones included. */
const MOST_TOKENS = 35;
/** Lengths that texts are padded to. */
const STEP = 4;
/** Texts beside an image at once; what is left over goes in smaller batches. */
const [MANY, FEW] = [32, 8];
/** Texts that are encoded at once. */
const TEXTS = 64;

/** Texts in tokens, by number. */
export class TokenTable {
  private readonly ids: Int32Array[];

  constructor(texts: readonly string[], tokenizer: Blip2RetrievalParts['tokenizer'], most: number) {
    this.ids = texts.map((text) => {
      const { ids, mask } = tokenizer.encodeBatch([text], { maxLength: most });
      return ids.slice(
        0,
        mask.reduce((sum, one) => sum + one, 0),
      );
    });
  }

  get size(): number {
    return this.ids.length;
  }

  /** The length that a text is padded to beside others of about its own. */
  paddedLength(text: number, most: number): number {
    return Math.min(Math.ceil(this.ids[text].length / STEP) * STEP, most);
  }

  /** Some texts, padded to a length. int32 [N, T] */
  batch(texts: readonly number[], length: number): Text {
    const [ids, mask] = [new Int32Array(texts.length * length), new Int32Array(texts.length * length)];
    texts.forEach((text, row) => {
      ids.set(this.ids[text], row * length);
      mask.fill(1, row * length, row * length + this.ids[text].length);
    });
    const shape: [number, number] = [texts.length, length];
    return { ids: tf.tensor2d(ids, shape, 'int32'), mask: tf.tensor2d(mask, shape, 'int32') };
  }
}

/** What of a `Blip2Retrieval` is needed. */
export type PairParts = Pick<Blip2RetrievalParts, 'model' | 'weights' | 'tokenizer' | 'processor'>;

/** Compiled once per model. */
export class PairScorer {
  /** Of an image's features [P, W]. */
  readonly featureShape: readonly [number, number];
  private readonly look;
  private readonly project;
  private readonly read;
  private readonly remember;
  private readonly match;

  constructor(private readonly parts: PairParts) {
    const { model, weights, processor } = parts;
    const { config, vision } = model;
    this.featureShape = [tokenCount(vision, processor.size), vision.hiddenSize];
    this.look = compile((pixels: Tensor) => vision.features(weights(), pixels), { name: 'visionTower' }); // [B, P, W]
    this.project = compile(
      (features: Tensor, table: Tensor) => {
        const w = weights();
        const images = projectImage(w, encodeImage(w, config, readImage(w, config, features)).queries!); // [B, Q, E]
        return similarities(images, table); // [B, N]
      },
      { name: 'projectImages' },
    );
    this.read = compile(
      ({ ids, mask }: Text) => projectText(weights(), encodeText(weights(), config, ids, mask).text!), // [N, E]
      { name: 'projectTexts' },
    );
    this.remember = compile(
      (features: Tensor): TensorTree => readImage(weights(), config, features) as unknown as TensorTree,
      { name: 'imageMemory' },
    );
    this.match = compile(
      (memory: TensorTree, text: Text) => {
        const w = weights();
        const { queries } = encodePair(w, config, memory as unknown as ImageMemory, text);
        return imageTextMatchingLogits(w, queries!).slice([0, 1], [-1, 1]); // [N, 1]
      },
      { name: 'matchShared' },
    );
  }

  /** Side that pictures are resized to. */
  get imageSize(): number {
    return this.parts.processor.size;
  }

  /** Of images [images.length, P, W]. */
  async features(images: readonly RawImage[]): Promise<Float32Array> {
    const { processor } = this.parts;
    const { size } = processor;
    const pixels = await processImages(processor, images);
    return computeValues(() => this.look(tf.tensor4d(pixels, [images.length, size, size, 3])));
  }

  /** Texts in tokens. */
  tokens(texts: readonly string[]): TokenTable {
    return new TokenTable(texts, this.parts.tokenizer, this.mostTokens);
  }

  /** Unit vectors of all texts [N, E], to be disposed of. */
  async textVectors(tokens: TokenTable): Promise<Tensor> {
    const parts: Tensor[] = [];
    for (const { rows, real } of filledBatches(tokens.size, TEXTS)) {
      parts.push(tf.tidy(() => this.read(tokens.batch(rows, this.mostTokens)).slice([0, 0], [real, -1])));
      await breathe();
    }
    const table = tf.concat(parts, 0);
    tf.dispose(parts);
    return table;
  }

  /** Cosine of each image's best query and each text, row-major [B, N]. @param features [B, P, W] @param table [N, E] */
  cosines(features: Float32Array, count: number, table: Tensor): Float32Array {
    return computeValues(() => this.project(tf.tensor3d(features, [count, ...this.featureShape]), table));
  }

  /** Logits of "they match" of one image and each of some texts. @param features of the image [P, W] */
  async matchLogits(
    features: Float32Array,
    tokens: TokenTable,
    texts: readonly number[],
  ): Promise<Float32Array> {
    const logits = new Map<number, number>();
    const memory = tf.tidy(
      () => this.remember(tf.tensor3d(features, [1, ...this.featureShape])) as never,
    ) as TensorTree;
    try {
      for (const { length, some } of batchesOf(tokens, texts, this.mostTokens)) {
        const filled = Array.from({ length: sizeFor(some.length) }, (_, i) => some[i] ?? some[0]);
        const found = computeValues(() => this.match(memory, tokens.batch(filled, length)));
        some.forEach((text, i) => logits.set(text, found[i]));
        await breathe();
      }
    } finally {
      tf.dispose(memory as never);
    }
    return Float32Array.from(texts, (text) => logits.get(text)!);
  }

  dispose(): void {
    for (const compiled of [this.look, this.project, this.read, this.remember, this.match])
      compiled.dispose();
  }

  private get mostTokens(): number {
    return Math.min(MOST_TOKENS, this.parts.model.config.qformer.maxPositionEmbeddings);
  }
}

const sizeFor = (count: number): number => Math.min(MANY, Math.ceil(count / FEW) * FEW);

/**
 * Texts in batches of about one length, short ones first. What does not fill a batch goes to the next length: the cost of
 * a few tokens of padding is less than that of a batch half empty.
 */
export function batchesOf(
  tokens: TokenTable,
  texts: readonly number[],
  most: number,
): { length: number; some: number[] }[] {
  const byLength = new Map<number, number[]>();
  for (const text of texts) {
    const length = tokens.paddedLength(text, most);
    byLength.set(length, [...(byLength.get(length) ?? []), text]);
  }
  const lengths = [...byLength.keys()].sort((a, b) => a - b);
  const batches: { length: number; some: number[] }[] = [];
  let rest: number[] = [];
  lengths.forEach((length, i) => {
    const all = [...rest, ...byLength.get(length)!];
    const isLast = i === lengths.length - 1;
    const whole = isLast ? all.length : all.length - (all.length % MANY);
    for (let at = 0; at < whole; at += MANY)
      batches.push({ length, some: all.slice(at, Math.min(at + MANY, whole)) });
    rest = all.slice(whole);
  });
  return batches;
}
