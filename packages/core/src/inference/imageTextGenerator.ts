/**
 * Text about images whose features are known. The queries read each image once; then the language model goes on from
 * what they say and any number of text prompts.
 * B batch, P patches, W width of the image, Q queries, D width of the language model, L prompt tokens.
 */
import { breathe, compile, computeValues, tf, type Tensor } from '../runtime';
import type { Weights } from '../nn';
import type { Tokenizer } from '../text';
import { blip2Prompt, languageWeights, softPrompts, type Blip2, type Sequencer } from '../models';
import { textOf, TokenGenerator, type GenerationOptions, type TextGeneration } from '../generate';
import { filledBatches } from './filledBatches';
import { ANSWER, CAPTION, questionPrompt, withDefaults } from './prompts';

/** Images that are read at once. */
const IMAGES = 64;
/** Prompts that are gone on from at once: as many as there is memory for, by the language model's width. */
const promptsAtOnce = (width: number) => Math.min(128, Math.ceil(2 ** 15 / width));
/** Prompts are padded to a multiple of this, so that few lengths are compiled. */
const LENGTH_STEP = 8;

export interface ImageTextParts {
  model: Blip2;
  /** The language model's weights, under their prefix. */
  frozen: Weights;
  /** Those of what stage 2 trains: read at each use, for they may have been trained further. */
  trained: () => Weights;
  tokenizer: Tokenizer;
}

/** Features of numbered images. */
export interface ImageFeatures {
  /** Of one image [P, W]. */
  readonly shape: readonly number[];
  /** Row-major [indices.length, P, W]; each image is asked for once (and the first of a batch to fill it up). */
  gather(indices: ArrayLike<number>): Float32Array | Promise<Float32Array>;
}

/** Soft prompts [B, Q, D], then text int32 [B, L]. */
type ImagePrompt = { soft: Tensor; ids: Tensor; mask: Tensor };

export class ImageTextGenerator {
  private readonly read;
  private readonly generator: TokenGenerator<ImagePrompt>;

  constructor(private readonly parts: ImageTextParts) {
    const { model, frozen, trained } = parts;
    this.read = compile((features: Tensor) => softPrompts(trained(), model, features), {
      name: 'softPrompts',
    });
    const { eos, pad } = model.language.tokens;
    this.generator = new TokenGenerator(afterImages(model, frozen), languageWeights(frozen), {
      eosTokenId: eos,
      padTokenId: pad,
    });
  }

  /** Captions of images, by beam search unless told otherwise. `prompt` is what each begins with. */
  async caption(
    features: ImageFeatures,
    images: readonly number[],
    { prompt = '', ...options }: GenerationOptions & { prompt?: string } = {},
  ): Promise<TextGeneration[][]> {
    const prompts = images.map(() => prompt);
    return this.generate(features, images, prompts, withDefaults(CAPTION, options));
  }

  /** Answers to each question about its image, in the template of the language model's kind. */
  async answer(
    features: ImageFeatures,
    images: readonly number[],
    questions: readonly string[],
    options: GenerationOptions = {},
  ): Promise<TextGeneration[][]> {
    const prompts = questions.map((question) => questionPrompt(this.parts.model.language, question));
    return this.generate(features, images, prompts, withDefaults(ANSWER, options));
  }

  /** What the language model writes after each image and its prompt. An image may come up several times. */
  async generate(
    features: ImageFeatures,
    images: readonly number[],
    prompts: readonly string[],
    options: GenerationOptions = {},
  ): Promise<TextGeneration[][]> {
    const { tokenizer, model } = this.parts;
    const distinct = [...new Set(images)];
    const place = new Map(distinct.map((image, i) => [image, i]));
    const soft = await this.readImages(features, distinct);
    const padSide = model.language.architecture === 'decoder-only' ? 'left' : 'right';
    const longest = prompts.reduce((most, prompt) => Math.max(most, tokenizer.encode(prompt).length), 1);
    const maxLength = Math.ceil(longest / LENGTH_STEP) * LENGTH_STEP;
    const texts: TextGeneration[][] = [];
    for (const { rows, real } of filledBatches(images.length, promptsAtOnce(model.language.hiddenSize))) {
      const encoded = tokenizer.encodeBatch(
        rows.map((row) => prompts[row]),
        { maxLength, padSide },
      );
      const prompt: ImagePrompt = {
        soft: soft.rows(rows.map((row) => place.get(images[row])!)),
        ids: tf.tensor2d(encoded.ids, encoded.shape, 'int32'),
        mask: tf.tensor2d(encoded.mask, encoded.shape, 'int32'),
      };
      const written = await this.generator.generate(prompt, options).finally(() => tf.dispose(prompt));
      const named = written
        .slice(0, real)
        .map((some) => some.map((one) => ({ ...one, text: textOf(tokenizer, one) })));
      texts.push(...named);
    }
    return texts;
  }

  /** Frees the compiled functions. */
  dispose(): void {
    this.read.dispose();
    this.generator.dispose();
  }

  /** Soft prompts of images, kept on the host. */
  private async readImages(features: ImageFeatures, images: readonly number[]): Promise<SoftPrompts> {
    const { qformer, language } = this.parts.model;
    const shape = [qformer.numQueryTokens, language.hiddenSize];
    const size = shape[0] * shape[1];
    const values = new Float32Array(images.length * size);
    for (const { rows, real } of filledBatches(images.length, IMAGES)) {
      const batch = await features.gather(rows.map((row) => images[row]));
      const read = computeValues(
        () => this.read(tf.tensor(batch, [rows.length, ...features.shape])), // [B, Q, D]
      );
      values.set(read.subarray(0, real * size), rows[0] * size);
      await breathe();
    }
    return new SoftPrompts(values, shape);
  }
}

/** Of several images, row-major [images, Q, D]. */
class SoftPrompts {
  constructor(
    private readonly values: Float32Array,
    private readonly shape: readonly number[],
  ) {}

  /** @returns [images.length, Q, D] */
  rows(images: readonly number[]): Tensor {
    const size = this.shape[0] * this.shape[1];
    const data = new Float32Array(images.length * size);
    images.forEach((image, row) =>
      data.set(this.values.subarray(image * size, (image + 1) * size), row * size),
    );
    return tf.tensor(data, [images.length, ...this.shape]);
  }
}

/** The language model as it goes on from what the queries say and a text. */
function afterImages(model: Blip2, frozen: Weights): Sequencer<ImagePrompt> {
  const { language } = model;
  return {
    begin: (own, { soft, ids, mask }, room) =>
      language.begin(own, blip2Prompt(frozen, model, soft, { ids, mask }), room),
    step: (own, memory, cache, tokens, position) => language.step(own, memory, cache, tokens, position),
  };
}
