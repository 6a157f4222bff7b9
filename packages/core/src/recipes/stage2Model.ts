/**
 * A BLIP-2 after stage 2, ready to be asked: it captions pictures, answers questions about them, goes on from any prompt.
 * B batch, P patches, L prompt tokens.
 */
import { tf, type ParameterStore, type Tensor } from '../runtime';
import { Weights, type NamedTensors } from '../nn';
import { cleanQuestion } from '../text';
import { blip2Prompt, LANGUAGE_MODEL, softPrompts, type Blip2, type Sequencer } from '../models';
import {
  QUESTION_ANSWER,
  QUESTION_SHORT_ANSWER,
  textOf,
  TokenGenerator,
  type GenerationOptions,
  type TextGeneration,
} from '../generate';
import {
  splitFeatures,
  type Features,
  type FrozenLanguageModel,
  type FrozenVisionTower,
  type ImageTextSplit,
} from '../data';

/** Pictures that are read at once. */
const BATCH = 64;
/** Prompts are padded to a multiple of this, so that few lengths are compiled. */
const LENGTH_STEP = 8;

/** The paper's for answers (section 4.1): beams of 5, short answers preferred. LAVIS prefers them of FlanT5 only. */
const ANSWER: GenerationOptions = { numBeams: 5, lengthPenalty: -1, maxNewTokens: 10 };
/** LAVIS's defaults for captions. */
const CAPTION: GenerationOptions = { numBeams: 5, maxNewTokens: 30 };

export interface Stage2Parts {
  model: Blip2;
  parameters: ParameterStore;
  language: FrozenLanguageModel;
  tower: FrozenVisionTower;
  /** Where features of the frozen tower are kept. */
  cacheDir: string;
}

/** Features [B, P, W], then text int32 [B, L]. */
type ImagePrompt = { features: Tensor; ids: Tensor; mask: Tensor };

/** Text about the pictures of a split. Features and compiled functions are kept from call to call. */
export class Stage2Model {
  readonly parameters: ParameterStore;
  private readonly generator: TokenGenerator<ImagePrompt>;

  constructor(private readonly parts: Stage2Parts) {
    const { parameters, language } = parts;
    this.parameters = parameters;
    const { eos, pad } = language.tower.tokens;
    this.generator = new TokenGenerator(readingImages(parts), language.weights, {
      eosTokenId: eos,
      padTokenId: pad,
    });
  }

  /** Captions of pictures, by beam search unless told otherwise. `prompt` is what each begins with. */
  async caption(
    split: ImageTextSplit,
    indices: readonly number[],
    { prompt = '', ...options }: GenerationOptions & { prompt?: string } = {},
  ): Promise<TextGeneration[][]> {
    const prompts = indices.map(() => prompt);
    return this.generate(split, indices, prompts, { ...CAPTION, ...options });
  }

  /** Answers to one question about each picture, in the template of the language model's kind. */
  async answer(
    split: ImageTextSplit,
    indices: readonly number[],
    questions: readonly string[],
    options: GenerationOptions = {},
  ): Promise<string[]> {
    const isDecoderOnly = this.parts.language.tower.architecture === 'decoder-only';
    const template = isDecoderOnly ? QUESTION_ANSWER : QUESTION_SHORT_ANSWER;
    const prompts = questions.map((question) => template.replace('{}', () => cleanQuestion(question)));
    const texts = await this.generate(split, indices, prompts, { ...ANSWER, ...options });
    return texts.map(([{ text }]) => text);
  }

  /** What the language model writes after each picture and prompt. */
  async generate(
    split: ImageTextSplit,
    indices: readonly number[],
    prompts: readonly string[],
    options: GenerationOptions = {},
  ): Promise<TextGeneration[][]> {
    const { language, tower, cacheDir } = this.parts;
    const features = await splitFeatures(tower, split, cacheDir);
    const { tokenizer, tower: languageTower } = language;
    const padSide = languageTower.architecture === 'decoder-only' ? 'left' : 'right';
    const longest = prompts.reduce((most, prompt) => Math.max(most, tokenizer.encode(prompt).length), 1);
    const maxLength = Math.ceil(longest / LENGTH_STEP) * LENGTH_STEP;
    const size = Math.min(BATCH, indices.length);
    const texts: TextGeneration[][] = [];
    for (let start = 0; start < indices.length; start += size) {
      // The last batch is filled up with its first picture, so that one signature is compiled.
      const rows = Array.from({ length: size }, (_, i) => (start + i < indices.length ? start + i : start));
      const encoded = tokenizer.encodeBatch(
        rows.map((row) => prompts[row]),
        { maxLength, padSide },
      );
      const prompt = toDevice(
        features,
        rows.map((row) => indices[row]),
        encoded,
      );
      const written = await this.generator.generate(prompt, options).finally(() => tf.dispose(prompt));
      const real = written.slice(0, indices.length - start);
      texts.push(...real.map((some) => some.map((one) => ({ ...one, text: textOf(tokenizer, one) }))));
    }
    return texts;
  }

  /** Frees the compiled functions. */
  dispose(): void {
    this.generator.dispose();
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

/** The model as generation sees it: queries read the image, then the language model reads them and the text. */
function readingImages(parts: Stage2Parts): Sequencer<ImagePrompt> {
  const { model, language } = parts;
  return {
    begin(own, { features, ids, mask }, room) {
      // Read when the function runs: the parameters may have been trained further.
      const w = allWeights({ weights: new Weights(parts.parameters.readAll()), language });
      const prompt = blip2Prompt(w, model, softPrompts(w, model, features), { ids, mask });
      return language.tower.begin(own, prompt, room);
    },
    step: (own, memory, cache, tokens, position) => language.tower.step(own, memory, cache, tokens, position),
  };
}

function toDevice(
  features: Features,
  images: readonly number[],
  { ids, mask, shape }: { ids: Int32Array; mask: Int32Array; shape: [number, number] },
): ImagePrompt {
  return {
    features: tf.tensor(features.gather(images), [images.length, ...features.shape]),
    ids: tf.tensor2d(ids, shape, 'int32'),
    mask: tf.tensor2d(mask, shape, 'int32'),
  };
}
