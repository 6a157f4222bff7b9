/**
 * Images and texts of a BLIP-2 for retrieval, scored by the thousand. The Q-Former's keys and values of an image are
 * computed once and read by all texts beside it; texts stand packed, so that next to nothing is padding; batches have about
 * as many tokens each, so that few signatures are compiled.
 * B batch, P patches, W width of the image, Q queries, E width of the projections, T text tokens, N texts.
 */
import { breathe, compile, computeValues, tf, type Tensor, type TensorTree } from '../../runtime';
import type { RawImage } from '../../image';
import {
  encodeImage,
  encodePackedPairs,
  encodeText,
  imageTextMatchingLogits,
  projectImage,
  projectText,
  readImage,
  tokenCount,
  type ImageMemory,
  type PackedTexts,
  type Text,
} from '../../models';
import { similarities } from '../../losses';
import { filledBatches, processImages, type Blip2RetrievalParts } from '../../inference';

/** LAVIS's, of retrieval: texts are cut after so many tokens, special ones included. */
const MOST_TOKENS = 35;
/** Numbers of rows, and the longest text's tokens, go in such steps. */
const [ROWS_STEP, LONGEST_STEP] = [16, 4];
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

  /** Of a text, in tokens. */
  length(text: number): number {
    return this.ids[text].length;
  }

  /** Texts of so many pairs, packed; pairs beyond the texts have none. */
  pack(texts: readonly number[], pairs: number): PackedTexts {
    const lengths = texts.map((text) => this.length(text));
    const longest = upTo(Math.max(...lengths), LONGEST_STEP);
    const rows = upTo(
      lengths.reduce((sum, length) => sum + length, 0),
      ROWS_STEP,
    );
    const [ids, places] = [new Int32Array(rows), new Int32Array(rows)];
    const tokens = new Int32Array(pairs * longest).fill(-1);
    let at = 0;
    texts.forEach((text, pair) => {
      ids.set(this.ids[text], at);
      for (let place = 0; place < lengths[pair]; place++, at++) {
        places[at] = pair * longest + place;
        tokens[places[at]] = at;
      }
    });
    return {
      ids: tf.tensor1d(ids, 'int32'),
      places: tf.tensor1d(places, 'int32'),
      tokens: tf.tensor2d(tokens, [pairs, longest], 'int32'),
    };
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
      (memory: TensorTree, texts: PackedTexts) => {
        const w = weights();
        const queries = encodePackedPairs(w, config, memory as unknown as ImageMemory, texts);
        return imageTextMatchingLogits(w, queries).slice([0, 1], [-1, 1]); // [N, 1]
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
      for (const some of batchesOf(tokens, texts)) {
        const found = computeValues(() => this.match(memory, tokens.pack(some, sizeFor(some.length))));
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

const upTo = (count: number, step: number): number => Math.ceil(count / step) * step;
const sizeFor = (count: number): number => Math.min(MANY, upTo(count, FEW));

/**
 * Texts in batches of about as many tokens for their size, so that few numbers of rows come up: the longest first, each to
 * the batch that has least.
 */
export function batchesOf(tokens: TokenTable, texts: readonly number[]): number[][] {
  const batches = Array.from({ length: Math.ceil(texts.length / MANY) }, (_, i) => ({
    size: Math.min(MANY, texts.length - i * MANY),
    some: [] as number[],
    rows: 0,
  }));
  const fill = ({ rows, size, some }: (typeof batches)[number]) =>
    some.length < size ? rows / size : Infinity;
  const longestFirst = [...texts].sort((a, b) => tokens.length(b) - tokens.length(a));
  for (const text of longestFirst) {
    const emptiest = batches.reduce((least, batch) => (fill(batch) < fill(least) ? batch : least));
    emptiest.some.push(text);
    emptiest.rows += tokens.length(text);
  }
  return batches.map(({ some }) => some);
}
