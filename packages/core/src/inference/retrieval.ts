/**
 * A BLIP-2 for retrieval, asked how well images and texts go together, and where its queries look: `Blip2Retrieval.load(folder)`.
 * B batch, I images, T texts, Q queries, E width of the projections, P patches, W width of the image.
 */
import { Blip2Error, breathe, compile, computeValues, tf, type Tensor } from '../runtime';
import type { Weights } from '../nn';
import { Tokenizer } from '../text';
import type { ImageSource } from '../image';
import {
  BLIP2_RETRIEVAL,
  encodeImage,
  encodePair,
  encodeText,
  imageTextMatchingLogits,
  projectImage,
  projectText,
  readImage,
  tokenCount,
  type Blip2Retrieval as Blip2RetrievalModel,
  type Text,
} from '../models';
import { similarities } from '../losses';
import { fromPretrained, type FromPretrainedOptions } from '../checkpoints';
import { attentionBundle, Looks, type AttentionBundle, type FurtherSource } from '../attention';
import { modelKind } from './modelKind';
import { filledBatches } from './filledBatches';
import { processImages, readImageProcessor, type ImageProcessor } from './imageProcessor';
import { nameTexts, pairLook, pairRecords } from './pairLook';
import { paddedLength, textTensors } from './paddedText';

/** Images that are encoded at once, and texts beside one image. */
const [IMAGES, TEXTS] = [16, 32];

export interface Blip2RetrievalParts {
  model: Pick<Blip2RetrievalModel, 'vision' | 'config'>;
  weights: () => Weights;
  tokenizer: Tokenizer;
  processor: ImageProcessor;
  dispose?: () => void;
}

/** How well each image (row) goes with each text (column). */
export interface Scores {
  /** Cosine of the text and the query that is nearest to it. */
  itc: number[][];
  /** The probability that image and text belong together, by the matching head. */
  itm: number[][];
}

/** What is beside the image, and what is recorded beside cross-attention. */
export interface RetrievalAttendOptions {
  /** Taken as it is; the queries and it see each other, as where the pair is matched. */
  text?: string;
  /** Further maps: `rollout`, and `gradients` of the text's matching score. */
  sources?: readonly FurtherSource[];
}

/** A BLIP-2 after stage 1: how well do images and texts go together? */
export class Blip2Retrieval {
  private readonly look;
  private readonly project;
  private readonly read;
  private readonly match;
  private readonly looks: Looks<[features: Tensor, text: Text | undefined]>;

  constructor(readonly parts: Blip2RetrievalParts) {
    const { model, weights } = parts;
    const { config, vision } = model;
    this.look = compile((pixels: Tensor) => vision.features(weights(), pixels), { name: 'visionTower' });
    this.project = compile(
      (features: Tensor) => {
        const w = weights();
        return projectImage(w, encodeImage(w, config, readImage(w, config, features)).queries!); // [B, Q, E]
      },
      { name: 'projectImages' },
    );
    this.read = compile(
      ({ ids, mask }: Text) => projectText(weights(), encodeText(weights(), config, ids, mask).text!), // [B, E]
      { name: 'projectTexts' },
    );
    this.match = compile(
      (features: Tensor, text: Text) => {
        const w = weights();
        const image = readImage(w, config, features.tile([text.ids.shape[0], 1, 1]));
        return tf.softmax(imageTextMatchingLogits(w, encodePair(w, config, image, text).queries!)); // [B, 2]
      },
      { name: 'match' },
    );
    this.looks = new Looks((sources, features, text) =>
      pairLook(weights(), config, { objective: 'itm', sources }, features, text),
    );
  }

  /**
   * The model of a folder in Hugging Face's layout, as of `Salesforce/blip2-itm-vit-g`.
   * @param options.dtype `auto` unless given: what is stored in 16 bit stays so, at half the memory
   * @throws Blip2Error if it holds no whole model, or naming the file that is wrong
   */
  static load(dir: string, options: Pick<FromPretrainedOptions, 'dtype'> = {}): Promise<Blip2Retrieval> {
    return new Promise((resolve) => resolve(new Blip2Retrieval(readFolder(dir, options))));
  }

  /** Scores of all images with all texts. Texts are taken as they are: captions of LAVIS's sets are in lower case. */
  async score(images: readonly ImageSource[], texts: readonly string[]): Promise<Scores> {
    if (texts.length === 0) return { itc: images.map(() => []), itm: images.map(() => []) };
    const text = this.encode(texts);
    const table = tf.tidy(() => {
      const parts = [...filledBatches(texts.length, TEXTS)].map(({ rows, real }) =>
        this.read(text(rows)).slice([0, 0], [real, -1]),
      );
      return tf.concat(parts, 0); // [T, E]
    });
    const scores: Scores = { itc: [], itm: [] };
    for (const { rows, real } of filledBatches(images.length, IMAGES)) {
      const features = await this.featuresOf(rows.map((row) => images[row]));
      const cosines = computeValues(() => similarities(this.project(features), table)); // [B, T]
      for (let row = 0; row < real; row++) {
        scores.itc.push(Array.from(cosines.subarray(row * texts.length, (row + 1) * texts.length)));
        scores.itm.push(this.matchAll(features, row, text, texts.length));
        await breathe();
      }
      features.dispose();
    }
    table.dispose();
    return scores;
  }

  /**
   * Where the queries look: at the image alone, or with a text beside them.
   * @throws Blip2Error if the image cannot be decoded; if gradients are asked for, and there is no text whose score has any
   */
  async attend(image: ImageSource, options: RetrievalAttendOptions = {}): Promise<AttentionBundle> {
    const { text, sources = [] } = options;
    const { model, processor } = this.parts;
    const beside = text === undefined ? undefined : this.name([text]);
    const features = await this.featuresOf([image]);
    try {
      const seen = this.looks.see(sources, () => [features.clone(), beside && textTensors(beside)]);
      const [record] = pairRecords(seen, 1, 'itm', beside);
      const side = processor.size / model.vision.patchSize;
      return await attentionBundle({ ...record, image, grid: { rows: side, columns: side } });
    } finally {
      features.dispose();
    }
  }

  /** Gives the memory of weights and compiled functions back. */
  dispose(): void {
    for (const compiled of [this.look, this.project, this.read, this.match, this.looks]) compiled.dispose();
    this.parts.dispose?.();
  }

  /** [B, P, W] */
  private async featuresOf(images: readonly ImageSource[]): Promise<Tensor> {
    const { processor } = this.parts;
    const { size } = processor;
    tokenCount(this.parts.model.vision, size); // an error that says what is wrong, rather than one of shapes
    const pixels = await processImages(processor, images);
    return tf.tidy(() => this.look(tf.tensor4d(pixels, [images.length, size, size, 3])));
  }

  private matchAll(features: Tensor, row: number, text: (rows: number[]) => Text, count: number): number[] {
    const found: number[] = [];
    for (const { rows, real } of filledBatches(count, TEXTS)) {
      const pairs = computeValues(() => this.match(features.slice([row, 0, 0], [1, -1, -1]), text(rows)));
      for (let i = 0; i < real; i++) found.push(pairs[2 * i + 1]);
    }
    return found;
  }

  /** The tokens of some texts, all padded to the longest. */
  private encode(texts: readonly string[]): (rows: number[]) => Text {
    const { tokenizer } = this.parts;
    const maxLength = this.paddedLength(texts);
    return (rows) =>
      textTensors(
        tokenizer.encodeBatch(
          rows.map((row) => texts[row]),
          { maxLength },
        ),
      );
  }

  private name(texts: readonly string[]) {
    const { tokenizer, model } = this.parts;
    const encoded = tokenizer.encodeBatch(texts, { maxLength: this.paddedLength(texts) });
    return nameTexts(texts, encoded, {
      tokenizer,
      objective: 'itm',
      start: model.config.decoderStartTokenId,
    });
  }

  private paddedLength(texts: readonly string[]): number {
    const { tokenizer, model } = this.parts;
    return paddedLength(tokenizer, texts, model.config.qformer.maxPositionEmbeddings);
  }
}

function readFolder(dir: string, options: Pick<FromPretrainedOptions, 'dtype'>): Blip2RetrievalParts {
  if (modelKind(dir) === 'generation') {
    throw new Blip2Error(`${dir} is a BLIP-2 that writes text; it has no scores`, {
      hint: 'Take a model for retrieval, such as Salesforce/blip2-itm-vit-g; or ask this one with Blip2.load.',
      exitCode: 2,
    });
  }
  const { model, weights, dispose } = fromPretrained(dir, BLIP2_RETRIEVAL, {
    dtype: options.dtype ?? 'auto',
  });
  try {
    const tokenizer = Tokenizer.fromFolder(dir);
    const processor = readImageProcessor(dir, model.vision.imageSize);
    return { model, weights: () => weights, tokenizer, processor, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}
