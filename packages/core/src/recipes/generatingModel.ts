/**
 * A BLIP-2 in front of a language model, ready to be asked about the pictures of a split: it captions, answers questions,
 * goes on from any prompt. Where the images' features come from is for those who extend it to say.
 */
import type { ParameterStore } from '../runtime';
import { Weights, type NamedTensors } from '../nn';
import { Tokenizer } from '../text';
import { LANGUAGE_MODEL, type Blip2 } from '../models';
import type { GenerationOptions, TextGeneration } from '../generate';
import type { AttentionBundle } from '../attention';
import { AttentionRecorder, ImageTextGenerator, type AttendOptions } from '../inference';
import type { Features, FrozenLanguageModel, FrozenVisionTower, ImageTextSplit } from '../data';
import type { CaptionModel, VqaModel } from '../evaluate';
import { attentionBundles, type CrossAttention } from './crossAttention';
import { Owner } from './owned';

export interface GeneratingParts {
  model: Blip2;
  /** What is trained. */
  parameters: ParameterStore;
  language: FrozenLanguageModel;
  /** The frozen one; of a model whose encoder is trained, the one that it started from. */
  tower: FrozenVisionTower;
  /** Side of the pictures that it is asked about; the tower's own unless given. */
  imageSize?: number;
  /** Folder of the tokenizer of a Q-Former that reads questions. */
  questionTokenizerDir?: string;
}

/** A BLIP-2 of a run, asked about the pictures of a split. */
export abstract class GeneratingModel extends Owner implements VqaModel, CaptionModel {
  readonly parameters: ParameterStore;
  private readonly generator: ImageTextGenerator;
  private readonly recorder: AttentionRecorder;

  constructor(readonly parts: GeneratingParts) {
    super();
    const { model, parameters, language, questionTokenizerDir } = parts;
    this.parameters = parameters;
    const asked = {
      model,
      frozen: allWeights({ weights: new Weights({}), language }),
      trained: () => new Weights(parameters.readAll()),
      tokenizer: language.tokenizer,
      questionTokenizer: questionTokenizerDir ? Tokenizer.fromFolder(questionTokenizerDir) : undefined,
    };
    this.generator = new ImageTextGenerator(asked);
    this.recorder = new AttentionRecorder(asked, this.generator);
    this.owns(this.generator, this.recorder);
  }

  /** Captions of pictures, by beam search unless told otherwise. `prompt` is what each goes on from. */
  async caption(
    split: ImageTextSplit,
    indices: readonly number[],
    options?: GenerationOptions & { prompt?: string },
  ): Promise<TextGeneration[][]> {
    return this.generator.caption(await this.features(split), indices, options);
  }

  /** Answers to one question about each picture, in the template of the language model's kind. */
  async answer(
    split: ImageTextSplit,
    indices: readonly number[],
    questions: readonly string[],
    options?: GenerationOptions,
  ): Promise<string[]> {
    const texts = await this.generator.answer(await this.features(split), indices, questions, options);
    return texts.map(([{ text }]) => text);
  }

  /** What the language model writes after each picture and prompt. */
  async generate(
    split: ImageTextSplit,
    indices: readonly number[],
    prompts: readonly string[],
    options?: GenerationOptions,
  ): Promise<TextGeneration[][]> {
    return this.generator.generate(await this.features(split), indices, prompts, options);
  }

  /**
   * Cross-attention of every query over chosen pictures: alone, or each with a question beside it.
   * @throws Blip2Error if there are questions, but the queries never see one
   */
  async crossAttention(
    split: ImageTextSplit,
    indices: readonly number[],
    questions?: readonly string[],
  ): Promise<CrossAttention[]> {
    return (await this.recorder.look(await this.features(split), indices, questions)).maps;
  }

  /**
   * As `crossAttention`, one bundle per picture, to be measured, drawn or kept.
   * @param options what the language model is to write about each, to be recorded too; further maps
   * @throws Blip2Error as `crossAttention`; if options contradict each other
   */
  async attend(
    split: ImageTextSplit,
    indices: readonly number[],
    questions?: readonly string[],
    options: AttendOptions = {},
  ): Promise<AttentionBundle[]> {
    const features = await this.features(split);
    return attentionBundles(
      split,
      indices,
      await this.recorder.record(features, indices, questions, options),
    );
  }

  /** What the Q-Former reads of each picture [size, P, W]. */
  protected abstract features(split: ImageTextSplit): Promise<Features>;
}

/** What is trained, and the language model under its prefix. */
export function allWeights({
  weights,
  language,
}: {
  weights: Weights;
  language: FrozenLanguageModel;
}): Weights {
  const frozen = Object.entries(language.tensors).map(([name, tensor]) => [
    `${LANGUAGE_MODEL}.${name}`,
    tensor,
  ]);
  return weights.with(Object.fromEntries(frozen) as NamedTensors);
}
