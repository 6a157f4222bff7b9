/**
 * A BLIP-2 for retrieval, asked how well images and texts go together, and where its queries look: `Blip2Retrieval.load(folder)`.
 * B batch, T texts, P patches, W width of the image.
 */
import { Blip2Error, type Tensor } from '../runtime';
import { Tokenizer } from '../text';
import type { ImageSource } from '../image';
import { BLIP2_RETRIEVAL, type Text } from '../models';
import { fromPretrained, type FromPretrainedOptions } from '../checkpoints';
import { attentionBundle, Looks, type AttentionBundle, type FurtherSource } from '../attention';
import { modelKind } from './modelKind';
import { filledBatches } from './filledBatches';
import { readImageProcessor } from './imageProcessor';
import { nameTexts, pairLook, pairRecords } from './pairLook';
import { paddedLength, textTensors } from './paddedText';
import { PairScorer, type PairParts } from './pairScorer';
import type { TextTable } from './textTable';

/** Images that are encoded at once. */
const IMAGES = 16;

/** Weights and tokenizer of such a model, and how it wants its images. */
export interface Blip2RetrievalParts extends PairParts {
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
  /** Scores by the thousand. */
  readonly scorer: PairScorer;
  private readonly looks: Looks<[features: Tensor, text: Text | undefined]>;

  constructor(readonly parts: Blip2RetrievalParts) {
    const { model, weights } = parts;
    this.scorer = new PairScorer(parts);
    this.looks = new Looks((sources, features, text) =>
      pairLook(weights(), model.config, { objective: 'itm', sources }, features, text),
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
    const { scorer } = this;
    const table = scorer.texts(texts);
    const vectors = await scorer.textVectors(table);
    const scores: Scores = { itc: [], itm: [] };
    try {
      for (const { rows, real } of filledBatches(images.length, IMAGES)) {
        const features = await scorer.features(rows.map((row) => images[row]));
        const cosines = scorer.cosines(features, vectors); // [B, T]
        for (let row = 0; row < real; row++) {
          scores.itc.push(Array.from(cosines.subarray(row * texts.length, (row + 1) * texts.length)));
          scores.itm.push(await this.matchAll(features, row, table));
        }
        features.dispose();
      }
    } finally {
      vectors.dispose();
    }
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
    const features = await this.scorer.features([image]);
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
    this.scorer.dispose();
    this.looks.dispose();
    this.parts.dispose?.();
  }

  /** Probabilities of one image of a batch and all texts. */
  private async matchAll(features: Tensor, row: number, texts: TextTable): Promise<number[]> {
    const image = features.slice([row, 0, 0], [1, -1, -1]);
    const all = Array.from({ length: texts.size }, (_, text) => text);
    const logits = await this.scorer.matchLogits(image, texts, all).finally(() => image.dispose());
    return all.map((text) => 1 / (1 + Math.exp(logits[2 * text] - logits[2 * text + 1])));
  }

  private name(texts: readonly string[]) {
    const { tokenizer, model } = this.parts;
    const maxLength = paddedLength(tokenizer, texts, model.config.qformer.maxPositionEmbeddings);
    const encoded = tokenizer.encodeBatch(texts, { maxLength });
    return nameTexts(texts, encoded, {
      tokenizer,
      objective: 'itm',
      start: model.config.decoderStartTokenId,
    });
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
