/**
 * A finished BLIP-2, asked about images: `Blip2.load(folder)`. What comes back is plain data.
 * B batch, S image side, P patches, W width of the image, Q queries, H heads.
 */
import { join } from 'node:path';
import { Blip2Error, compile, computeValues, tf, type Tensor } from '../runtime';
import type { Weights } from '../nn';
import { Tokenizer } from '../text';
import type { ImageSource } from '../image';
import { BLIP2, tokenCount, type Blip2 as Blip2Model } from '../models';
import { fromPretrained, type FromPretrainedOptions } from '../checkpoints';
import type { GenerationOptions, TextGeneration } from '../generate';
import { attentionBundle, type AttentionBundle } from '../attention';
import { AttentionRecorder, type AttendOptions } from './attentionRecorder';
import { modelKind } from './modelKind';
import { ImageTextGenerator, type ImageFeatures } from './imageTextGenerator';
import { processImages, readImageProcessor, type ImageProcessor } from './imageProcessor';

/** One text is written for each image; `numBeams` and the like say how. */
export type AskOptions = Omit<GenerationOptions, 'numReturnSequences'>;

export interface Blip2Parts {
  model: Blip2Model;
  /** Of both towers and what lies between; read at each use where it is trained on. */
  weights: () => Weights;
  /** The language model's among them, which never change. */
  frozen: Weights;
  tokenizer: Tokenizer;
  /** Of a Q-Former that reads questions. */
  questionTokenizer?: Tokenizer;
  processor: ImageProcessor;
  dispose?: () => void;
}

/** A finished BLIP-2: captions, answers, attention of any image. */
export class Blip2 {
  private readonly generator: ImageTextGenerator;
  private readonly encode;
  private readonly recorder: AttentionRecorder;

  constructor(private readonly parts: Blip2Parts) {
    const { model, weights, frozen, tokenizer, questionTokenizer } = parts;
    const asked = { model, frozen, trained: weights, tokenizer, questionTokenizer };
    this.generator = new ImageTextGenerator(asked);
    this.recorder = new AttentionRecorder(asked, this.generator);
    this.encode = compile((pixels: Tensor) => model.vision.features(weights(), pixels), {
      name: 'visionTower',
    });
  }

  /**
   * The model of a folder in Hugging Face's layout, with any of the towers of `BLIP2`.
   * @param options.dtype `auto` unless given: what is stored in 16 bit stays so, at half the memory
   * @throws Blip2Error if it holds no whole BLIP-2, or naming the file that is wrong
   */
  static load(dir: string, options: Pick<FromPretrainedOptions, 'dtype'> = {}): Promise<Blip2> {
    return new Promise((resolve) => resolve(new Blip2(readFolder(dir, options))));
  }

  /** Side that images are resized to. */
  get imageSize(): number {
    return this.parts.processor.size;
  }

  /** What it was fine-tuned to be asked with, where its folder or run says so. */
  get prompts(): Blip2Model['prompts'] {
    return this.parts.model.prompts;
  }

  /** A caption of an image, by beam search unless told otherwise. `prompt` is what it goes on from. */
  async caption(image: ImageSource, options: AskOptions & { prompt?: string } = {}): Promise<TextGeneration> {
    const [[best]] = await this.generator.caption(this.featuresOf([image]), [0], options);
    return best;
  }

  /** A caption of each of many images. */
  async captionAll(
    images: readonly ImageSource[],
    options: AskOptions & { prompt?: string } = {},
  ): Promise<TextGeneration[]> {
    const indices = images.map((_, index) => index);
    const texts = await this.generator.caption(this.featuresOf(images), indices, options);
    return texts.map(([best]) => best);
  }

  /** The answer to a question, in the template of the language model's kind. */
  async answer(image: ImageSource, question: string, options: AskOptions = {}): Promise<TextGeneration> {
    const [[best]] = await this.generator.answer(this.featuresOf([image]), [0], [question], options);
    return best;
  }

  /** What the language model writes after the image and a prompt as it is. */
  async generate(image: ImageSource, prompt: string, options: AskOptions = {}): Promise<TextGeneration> {
    const [[best]] = await this.generator.generate(this.featuresOf([image]), [0], [prompt], options);
    return best;
  }

  /** Answers to many questions, `questions[i]` about `images[i]`. An image that comes up again is read once. */
  async answerAll(
    images: readonly ImageSource[],
    questions: readonly string[],
    options: AskOptions = {},
  ): Promise<TextGeneration[]> {
    const distinct = [...new Set(images)];
    const place = new Map(distinct.map((image, i) => [image, i]));
    const asked = images.map((image) => place.get(image)!);
    const texts = await this.generator.answer(this.featuresOf(distinct), asked, questions, options);
    return texts.map(([best]) => best);
  }

  /**
   * Where the queries look: at the image alone, or with a question beside them (as text, or `text`). What the language model
   * makes of the queries comes with it where something is to be written: `{ caption: true }`, `{ question }`, `{ prompt }`.
   *
   * @throws Blip2Error if the image cannot be decoded; if there is a text, but the queries never see one
   */
  async attend(
    image: ImageSource,
    options: string | (AttendOptions & { text?: string }) = {},
  ): Promise<AttentionBundle> {
    const { text, ...rest } = typeof options === 'string' ? { text: options } : options;
    const texts = text === undefined ? undefined : [text];
    const [recorded] = await this.recorder.record(this.featuresOf([image]), [0], texts, rest);
    const side = this.parts.processor.size / this.parts.model.vision.patchSize;
    return attentionBundle({ ...recorded, image, grid: { rows: side, columns: side } });
  }

  /** Gives the memory of weights and compiled functions back. */
  dispose(): void {
    this.generator.dispose();
    this.encode.dispose();
    this.recorder.dispose();
    this.parts.dispose?.();
  }

  /** Of images that are decoded and encoded when their turn comes. */
  private featuresOf(images: readonly ImageSource[]): ImageFeatures {
    const { model, processor } = this.parts;
    const { size } = processor;
    return {
      shape: [tokenCount(model.vision, size), model.vision.hiddenSize],
      gather: async (indices) => {
        const chosen = Array.from(indices, (index) => images[index]);
        const pixels = await processImages(processor, chosen);
        return computeValues(() => this.encode(tf.tensor4d(pixels, [chosen.length, size, size, 3]))); // [B, P, W]
      },
    };
  }
}

/** Where a Q-Former that reads questions has its tokenizer, as InstructBLIP's folders do. */
export const QUESTION_TOKENIZER = 'qformer_tokenizer';

/** The model before its tokenizer: what is no model folder is told as such. */
function readFolder(dir: string, options: Pick<FromPretrainedOptions, 'dtype'>): Blip2Parts {
  if (modelKind(dir) === 'retrieval') {
    throw new Blip2Error(`${dir} is a BLIP-2 for retrieval, which writes no text`, {
      hint: 'Ask for scores: Blip2Retrieval.load, or blip2 score. Captions want a BLIP-2 with a language model.',
      exitCode: 2,
    });
  }
  const { model, weights, dispose } = fromPretrained(dir, BLIP2, { dtype: options.dtype ?? 'auto' });
  try {
    const tokenizer = Tokenizer.fromFolder(dir);
    const questionTokenizer = model.qformer.useQformerTextInput
      ? Tokenizer.fromFolder(join(dir, QUESTION_TOKENIZER))
      : undefined;
    const processor = readImageProcessor(dir, model.vision.imageSize);
    return {
      ...{ model, weights: () => weights, frozen: weights },
      ...{ tokenizer, questionTokenizer, processor, dispose },
    };
  } catch (error) {
    dispose();
    throw error;
  }
}
