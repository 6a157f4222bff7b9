/**
 * A BLIP-2 after stage 2, ready to be asked about the pictures of a split: it captions, answers questions, goes on from
 * any prompt.
 */
import type { ParameterStore } from '../runtime';
import { Weights, type NamedTensors } from '../nn';
import { LANGUAGE_MODEL, type Blip2 } from '../models';
import type { GenerationOptions, TextGeneration } from '../generate';
import { ImageTextGenerator } from '../inference';
import {
  splitFeatures,
  type Features,
  type FrozenLanguageModel,
  type FrozenVisionTower,
  type ImageTextSplit,
} from '../data';
import type { VqaModel } from '../evaluate';

export interface Stage2Parts {
  model: Blip2;
  parameters: ParameterStore;
  language: FrozenLanguageModel;
  tower: FrozenVisionTower;
  /** Where features of the frozen tower are kept. */
  cacheDir: string;
}

/** Text about the pictures of a split. Features and compiled functions are kept from call to call. */
export class Stage2Model implements VqaModel {
  readonly parameters: ParameterStore;
  private readonly generator: ImageTextGenerator;
  private readonly known = new WeakMap<ImageTextSplit, Promise<Features>>();

  constructor(readonly parts: Stage2Parts) {
    const { model, parameters, language } = parts;
    this.parameters = parameters;
    this.generator = new ImageTextGenerator({
      model,
      frozen: allWeights({ weights: new Weights({}), language }),
      trained: () => new Weights(parameters.readAll()),
      tokenizer: language.tokenizer,
    });
  }

  /** Captions of pictures, by beam search unless told otherwise. `prompt` is what each begins with. */
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

  /** Frees the compiled functions. */
  dispose(): void {
    this.generator.dispose();
  }

  private features(split: ImageTextSplit): Promise<Features> {
    let features = this.known.get(split);
    if (!features) {
      features = splitFeatures(this.parts.tower, split, this.parts.cacheDir);
      this.known.set(split, features);
    }
    return features;
  }
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
