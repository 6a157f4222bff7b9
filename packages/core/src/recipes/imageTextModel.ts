/**
 * A Q-Former that reads images and texts, ready to be asked: how alike are the two, do they match, what does each query
 * look at? Where the images' features come from is for those who extend it to say.
 * B batch, I images, T texts (or text tokens), Q queries, P patches, H heads, E width of the projections.
 */
import { breathe, compile, computeValues, tf, type ParameterStore, type Tensor } from '../runtime';
import { Weights } from '../nn';
import { cleanCaption, type Tokenizer } from '../text';
import {
  encodePair,
  imageTextMatchingLogits,
  imageVectors,
  readImage,
  textVectors,
  type Blip2QformerConfig,
  type Text,
} from '../models';
import { similarities } from '../losses';
import { Looks, type AttentionBundle, type Seen } from '../attention';
import {
  filledBatches,
  nameTexts,
  pairLook,
  pairRecords,
  textTensors,
  type EncodedTexts,
  type PairObjective,
  type PairOptions,
} from '../inference';
import type { Features, ImageTextSplit } from '../data';
import type { EncodedPool, RetrievalModel } from '../evaluate';
import { encodeTexts, selectRows } from './captions';
import { attentionBundles, type CrossAttention } from './crossAttention';
import { Owner } from './owned';

const BATCH = 64;
/** Pairs of an image and a text that are matched at once. */
const PAIRS = 128;

export interface ImageTextParts {
  config: Blip2QformerConfig;
  parameters: ParameterStore;
  tokenizer: Tokenizer;
  /** Folder of the tokenizer. */
  tokenizerDir: string;
  /** Longest text in tokens, special tokens included. */
  maxTextLength: number;
}

export abstract class ImageTextModel extends Owner implements RetrievalModel {
  readonly config: Blip2QformerConfig;
  readonly parameters: ParameterStore;
  readonly tokenizer: Tokenizer;
  readonly tokenizerDir: string;
  readonly maxTextLength: number;
  private readonly encodeImages;
  private readonly encodeTexts;
  private readonly match;
  private readonly looks: Record<PairObjective, Looks<[features: Tensor, text: Text | undefined]>>;

  constructor({ config, parameters, tokenizer, tokenizerDir, maxTextLength }: ImageTextParts) {
    super();
    this.config = config;
    this.parameters = parameters;
    this.tokenizer = tokenizer;
    this.tokenizerDir = tokenizerDir;
    this.maxTextLength = maxTextLength;
    const weights = () => new Weights(parameters.readAll());
    this.encodeImages = compile((features: Tensor) => imageVectors(weights(), config, features), {
      name: 'encodeImages',
    });
    this.encodeTexts = compile((text: Text) => textVectors(weights(), config, text), { name: 'encodeTexts' });
    this.match = compile(
      (features: Tensor, text: Text) => {
        const w = weights();
        return imageTextMatchingLogits(
          w,
          encodePair(w, config, readImage(w, config, features), text).queries!,
        );
      },
      { name: 'match' },
    );
    const looks = (objective: PairObjective) =>
      new Looks<[features: Tensor, text: Text | undefined]>((sources, features, text) =>
        pairLook(weights(), config, { objective, sources }, features, text),
      );
    this.looks = { itm: looks('itm'), itg: looks('itg') };
    this.owns(this.encodeImages, this.encodeTexts, this.match, ...Object.values(this.looks));
  }

  /** Encodes images and texts for retrieval. */
  async encodePool(split: ImageTextSplit, texts: readonly string[]): Promise<EncodedPool> {
    const features = await this.features(split);
    const { ids, mask, shape } = encodeTexts(texts, this.tokenizer, this.maxTextLength);
    const text = (rows: readonly number[]): Text => ({
      ids: toInt32(selectRows(ids, shape[1], rows)),
      mask: toInt32(selectRows(mask, shape[1], rows)),
    });
    const table = tf.tidy(() => {
      const parts = [...filledBatches(texts.length, BATCH, BATCH)].map(({ rows, real }) =>
        this.encodeTexts(text(rows)).slice([0, 0], [real, -1]),
      );
      return tf.concat(parts, 0); // [T, E]
    });
    const values = new Float32Array(split.size * texts.length);
    for (const { rows, real } of filledBatches(split.size, BATCH, BATCH)) {
      const part = computeValues(() => {
        const images = this.encodeImages(toFeatures(features, rows)); // [B, Q, E]
        return similarities(images, table).slice([0, 0], [real, -1]);
      });
      values.set(part, rows[0] * texts.length);
      await breathe();
    }
    table.dispose();
    return { similarities: values, matchLogits: (i, t) => this.matchPairs(features, text, i, t) };
  }

  private async matchPairs(
    features: Features,
    text: (rows: readonly number[]) => Text,
    images: Int32Array,
    texts: Int32Array,
  ): Promise<Float32Array> {
    const logits = new Float32Array(images.length);
    for (const { rows, real } of filledBatches(images.length, PAIRS, PAIRS)) {
      const part = computeValues(() => {
        const pairs = this.match(
          toFeatures(
            features,
            rows.map((n) => images[n]),
          ),
          text(rows.map((n) => texts[n])),
        );
        return pairs.slice([0, 1], [real, 1]);
      });
      logits.set(part, rows[0]);
      await breathe();
    }
    return logits;
  }

  /** Cross-attention of every query over chosen pictures: alone, or each with a text beside it (as in ITM). */
  async crossAttention(
    split: ImageTextSplit,
    indices: readonly number[],
    texts?: readonly string[],
  ): Promise<CrossAttention[]> {
    return (await this.look(split, indices, texts && this.beside(texts, 'itm'))).maps;
  }

  /**
   * As `crossAttention`, one bundle per picture, to be measured, drawn or kept. With texts, their attention on the queries
   * is in it: as in ITM, or as in ITG.
   * @throws Blip2Error if gradients are asked for, and there is no text whose score has any
   */
  async attend(
    split: ImageTextSplit,
    indices: readonly number[],
    texts?: readonly string[],
    options: PairOptions = {},
  ): Promise<AttentionBundle[]> {
    const { objective = 'itm' } = options;
    const beside = texts && this.beside(texts, objective);
    const seen = await this.look(split, indices, beside, options);
    return attentionBundles(split, indices, pairRecords(seen, indices.length, objective, beside));
  }

  private async look(
    split: ImageTextSplit,
    indices: readonly number[],
    beside?: EncodedTexts,
    { objective = 'itm', sources = [] }: PairOptions = {},
  ): Promise<Seen> {
    const features = await this.features(split);
    return this.looks[objective].see(sources, () => [
      toFeatures(features, indices),
      beside && textTensors(beside),
    ]);
  }

  private beside(texts: readonly string[], objective: PairObjective): EncodedTexts {
    const { tokenizer, maxTextLength, config } = this;
    const cleaned = texts.map((text) => cleanCaption(text));
    const encoded = encodeTexts(cleaned, tokenizer, maxTextLength);
    return nameTexts(texts, encoded, { tokenizer, objective, start: config.decoderStartTokenId });
  }

  /** What the Q-Former reads of each picture [size, P, W]. */
  protected abstract features(split: ImageTextSplit): Promise<Features>;
}

function toFeatures(features: Features, rows: ArrayLike<number>): Tensor {
  return tf.tensor(features.gather(rows), [rows.length, ...features.shape]);
}

function toInt32({ shape, data }: { shape: number[]; data: ArrayLike<number> }): Tensor {
  return tf.tensor(data, shape, 'int32');
}
