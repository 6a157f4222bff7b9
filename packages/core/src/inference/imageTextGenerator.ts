/**
 * Text about images whose features are known. The queries read each image once; then the language model goes on from
 * what they say and any number of text prompts.
 * B batch, P patches, W width of the image, Q queries, D width of the language model, L prompt tokens.
 */
import { breathe, compile, computeValues, tf, type Tensor } from '../runtime';
import type { Weights } from '../nn';
import { cleanQuestion, type Tokenizer } from '../text';
import { blip2Prompt, languageWeights, softPrompts, type Blip2, type Sequencer, type Text } from '../models';
import { textOf, TokenGenerator, type GenerationOptions, type TextGeneration } from '../generate';
import { filledBatches } from './filledBatches';
import { paddedLength, promptPadding, textTensors } from './paddedText';
import { ANSWER, CAPTION, CAPTION_START, captionPrompt, questionPrompt, withDefaults } from './prompts';

/** Images that are read at once. */
const IMAGES = 64;
/** Prompts that are gone on from at once: as many as there is memory for, by the language model's width. */
const promptsAtOnce = (width: number) => Math.min(128, Math.ceil(2 ** 15 / width));

export interface ImageTextParts {
  model: Blip2;
  /** The language model's weights, under their prefix. */
  frozen: Weights;
  /** Those of what stage 2 trains: read at each use, for they may have been trained further. */
  trained: () => Weights;
  tokenizer: Tokenizer;
  /** Of a Q-Former that reads questions. */
  questionTokenizer?: Tokenizer;
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
    this.read = compile(
      (features: Tensor, question?: Text) => softPrompts(trained(), model, features, { text: question }),
      { name: 'softPrompts' },
    );
    const { eos, pad } = model.language.tokens;
    this.generator = new TokenGenerator(afterImages(model, frozen), languageWeights(frozen), {
      eosTokenId: eos,
      padTokenId: pad,
    });
  }

  /**
   * Captions of images, by beam search unless told otherwise: what is written after `prompt`, or after that of
   * fine-tuning. Where there is neither, an encoder-decoder has its captions begun for it (`CAPTION_START`, which is then
   * part of them).
   */
  async caption(
    features: ImageFeatures,
    images: readonly number[],
    { prompt, ...options }: GenerationOptions & { prompt?: string } = {},
  ): Promise<TextGeneration[][]> {
    const { before, isBegun } = captionPrompt(this.parts.model, prompt);
    const texts = await this.generate(
      features,
      images,
      images.map(() => before),
      withDefaults(CAPTION, options),
    );
    if (!isBegun) return texts;
    return texts.map((some) => some.map((one) => ({ ...one, text: `${CAPTION_START} ${one.text}` })));
  }

  /**
   * Answers to each question about its image, in the template of the language model's kind. A Q-Former that reads
   * questions has each beside its queries.
   */
  async answer(
    features: ImageFeatures,
    images: readonly number[],
    questions: readonly string[],
    options: GenerationOptions = {},
  ): Promise<TextGeneration[][]> {
    const { model, questionTokenizer } = this.parts;
    const prompts = questions.map((question) => questionPrompt(model, question));
    const asked = images.map((image, i) => ({ image, question: questionTokenizer && questions[i] }));
    return this.write(features, asked, prompts, withDefaults(ANSWER, options));
  }

  /** What the language model writes after each image and its prompt. An image may come up several times. */
  async generate(
    features: ImageFeatures,
    images: readonly number[],
    prompts: readonly string[],
    options: GenerationOptions = {},
  ): Promise<TextGeneration[][]> {
    const asked = images.map((image) => ({ image }));
    return this.write(features, asked, prompts, options);
  }

  private async write(
    features: ImageFeatures,
    images: readonly AskedImage[],
    prompts: readonly string[],
    options: GenerationOptions,
  ): Promise<TextGeneration[][]> {
    const { tokenizer, model } = this.parts;
    const distinct = new Map(images.map((asked) => [keyOf(asked), asked]));
    const place = new Map([...distinct.keys()].map((key, i) => [key, i]));
    const soft = await this.readImages(features, [...distinct.values()]);
    const padSide = promptPadding(model.language);
    const maxLength = paddedLength(tokenizer, prompts);
    const texts: TextGeneration[][] = [];
    for (const { rows, real } of filledBatches(images.length, promptsAtOnce(model.language.hiddenSize))) {
      const encoded = tokenizer.encodeBatch(
        rows.map((row) => prompts[row]),
        { maxLength, padSide },
      );
      const prompt: ImagePrompt = {
        soft: soft.rows(rows.map((row) => place.get(keyOf(images[row]))!)),
        ...textTensors(encoded),
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
  private async readImages(features: ImageFeatures, asked: readonly AskedImage[]): Promise<SoftPrompts> {
    const { qformer, language } = this.parts.model;
    const shape = [qformer.numQueryTokens, language.hiddenSize];
    const size = shape[0] * shape[1];
    const values = new Float32Array(asked.length * size);
    const questions = this.encodeQuestions(asked);
    for (const { rows, real } of filledBatches(asked.length, IMAGES)) {
      const batch = await features.gather(rows.map((row) => asked[row].image));
      const read = computeValues(() => {
        const images = tf.tensor(batch, [rows.length, ...features.shape]);
        return this.read(images, questions?.(rows)); // [B, Q, D]
      });
      values.set(read.subarray(0, real * size), rows[0] * size);
      await breathe();
    }
    return new SoftPrompts(values, shape);
  }

  /** The questions of some rows as the Q-Former reads them, all padded alike; undefined if there are none. */
  private encodeQuestions(asked: readonly AskedImage[]): ((rows: readonly number[]) => Text) | undefined {
    const { questionTokenizer: tokenizer, model } = this.parts;
    const texts = asked.flatMap(({ question }) => (question === undefined ? [] : cleanQuestion(question)));
    if (!tokenizer || texts.length === 0) return undefined;
    const maxLength = paddedLength(tokenizer, texts, model.qformer.maxPositionEmbeddings);
    return (rows) =>
      textTensors(
        tokenizer.encodeBatch(
          rows.map((row) => texts[row]),
          { maxLength },
        ),
      );
  }
}

/** An image, and what the Q-Former is asked about it. */
interface AskedImage {
  image: number;
  question?: string;
}

const keyOf = ({ image, question = '' }: AskedImage): string => `${image} ${question}`;

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
    step: (own, memory, cache, feed) => language.step(own, memory, cache, feed),
  };
}
