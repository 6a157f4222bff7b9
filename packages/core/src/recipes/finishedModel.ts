/** A model after stage 2, or fine-tuned after it, outside of its recipe: asked about any image, or saved as a folder of its own. */
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Blip2Error, type HalfType } from '../runtime';
import { Weights } from '../nn';
import { Tokenizer } from '../text';
import { CLIP_MEAN, CLIP_STD, type ImageSource } from '../image';
import { BLIP2, LANGUAGE_MODEL, type Blip2Config } from '../models';
import { fileError, savePretrained, storedParameters, type WeightsType } from '../checkpoints';
import type { AttentionBundle, FurtherSource } from '../attention';
import {
  Blip2,
  Blip2Retrieval,
  modelKind,
  QUESTION_TOKENIZER,
  writeImageProcessor,
  type ImageProcessor,
} from '../inference';
import { pictureSplit } from '../data';
import { isRunFolder } from '../train';
import { allWeights, type GeneratingModel, type GeneratingParts } from './generatingModel';
import { openRun } from './openRun';
import { ImageTextModel } from './imageTextModel';
import { RetrievalTunedModel } from './retrievalModel';

export interface SaveBlip2Options {
  /** Rounds matrices to 16 bit, which halves the folder; nothing is rounded unless given. */
  dtype?: HalfType;
}

const TOKENIZER_FILES = ['tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json'];

/**
 * Writes both towers, what was trained between them, tokenizer and image processor in Hugging Face's layout: `Blip2.load`
 * reads it, and Python's transformers where it has such a tower (EVA's; a CLIP in a BLIP-2 is LAVIS's alone).
 *
 * @param model what a run of stage 2, or of fine-tuning after it, gives
 * @throws Blip2Error naming the file that cannot be written
 */
export function saveBlip2(dir: string, { parts }: GeneratingModel, { dtype }: SaveBlip2Options = {}): void {
  const { model, parameters, language, tower, questionTokenizerDir } = parts;
  const config: Blip2Config = {
    vision: tower.config,
    text: language.config,
    qformer: model.qformer,
    visionLayerNormEps: model.visionLayerNormEps,
    prompts: model.prompts,
  };
  const ofLanguage = Object.fromEntries(
    Object.entries(language.tensors).map(([name, tensor]) => [`${LANGUAGE_MODEL}.${name}`, tensor]),
  );
  savePretrained(
    dir,
    BLIP2,
    config,
    { ...tower.tensors, ...storedParameters(parameters), ...ofLanguage },
    { dtype },
  );
  writeImageProcessor(dir, processorOf(parts));
  copyTokenizer(language.dir, dir);
  if (questionTokenizerDir) copyTokenizer(questionTokenizerDir, join(dir, QUESTION_TOKENIZER));
}

function copyTokenizer(from: string, dir: string): void {
  for (const name of TOKENIZER_FILES.filter((file) => existsSync(join(from, file)))) {
    const to = join(dir, name);
    try {
      mkdirSync(dir, { recursive: true });
      copyFileSync(join(from, name), to);
    } catch (cause) {
      throw fileError(cause, 'write', to);
    }
  }
}

/** The same model, asked about images from anywhere. Memory stays that of the run's model. */
export const asBlip2 = (model: GeneratingModel): Blip2 => blip2Of(model);

function blip2Of({ parts }: GeneratingModel, dispose?: () => void): Blip2 {
  const { model, parameters, language, tower, questionTokenizerDir } = parts;
  const frozen = allWeights({ weights: new Weights({}), language });
  return new Blip2({
    model,
    frozen,
    weights: () => new Weights({ ...tower.tensors, ...parameters.readAll() }),
    tokenizer: language.tokenizer,
    questionTokenizer: questionTokenizerDir ? Tokenizer.fromFolder(questionTokenizerDir) : undefined,
    processor: processorOf(parts),
    dispose,
  });
}

/**
 * A BLIP-2 from wherever it lies: a folder in Hugging Face's layout, or the run folder of a stage 2 or of
 * fine-tuning after it.
 * @throws Blip2Error if it is neither
 */
export async function openBlip2(dir: string, { dtype }: OpenOptions = {}): Promise<Blip2> {
  if (!isRunFolder(dir)) return Blip2.load(dir, { dtype });
  refuseType(dir, dtype);
  const { model } = openRun(dir, { stages: GENERATING });
  return blip2Of(model, () => model.dispose());
}

/**
 * A BLIP-2 that scores pairs, from wherever it lies: a folder as of `Salesforce/blip2-itm-vit-g`, or the run folder of a
 * stage 1 or of fine-tuning for retrieval.
 * @throws Blip2Error if it is neither
 */
export async function openBlip2Retrieval(dir: string, { dtype }: OpenOptions = {}): Promise<Blip2Retrieval> {
  if (!isRunFolder(dir)) return Blip2Retrieval.load(dir, { dtype });
  refuseType(dir, dtype);
  const { model } = openRun(dir, { stages: SCORING });
  const { config, parameters, tokenizer } = model;
  const [vision, frozen] =
    model instanceof RetrievalTunedModel ? [model.vision, {}] : [model.tower.model, model.tower.tensors];
  return new Blip2Retrieval({
    model: { vision, config },
    weights: () => new Weights({ ...frozen, ...parameters.readAll() }),
    tokenizer,
    processor: clipProcessor(vision.imageSize),
    dispose: () => model.dispose(),
  });
}

/** How a finished model is loaded. */
export interface OpenOptions {
  /** Of a folder's matrices; `auto` unless given: what is stored in 16 bit stays so. */
  dtype?: WeightsType;
}

function refuseType(dir: string, dtype: WeightsType = 'auto'): void {
  if (dtype === 'auto') return;
  throw new Blip2Error(`${dir} is a run, whose weights stay as they were trained, not ${dtype}`, {
    hint: 'Leave the type out, or save the model as a folder first: saveBlip2(dir, run.model, { dtype }).',
    exitCode: 2,
  });
}

/** Runs whose models score pairs. */
const SCORING = ['stage1', 'retrieval'] as const;

/** Runs whose models write text. */
export const GENERATING = ['stage2', 'caption', 'vqa'] as const;

/** What is beside the image, and what is recorded of it. */
export interface AttendToOptions extends OpenOptions {
  /** Beside the queries: a text after stage 1, as in image-text matching; a question where they read questions. */
  text?: string;
  /** For the language model to answer; without it, and without a text or a prompt, it writes a caption. */
  question?: string;
  /** For the language model to go on from. */
  prompt?: string;
  sources?: readonly FurtherSource[];
}

/**
 * Where the queries of a model look in an image, and where its language model looks among them: a BLIP-2 (`openBlip2`), or
 * one that scores pairs (`openBlip2Retrieval`), which has no language model.
 *
 * @throws Blip2Error if there is a text, but the model's queries never see one; if options contradict each other
 */
export async function attendTo(
  dir: string,
  image: ImageSource,
  { text, sources, dtype, ...asked }: AttendToOptions = {},
): Promise<AttentionBundle> {
  const model = await openAny(dir, dtype);
  try {
    if (model instanceof Blip2) {
      const caption = text === undefined && asked.question === undefined && asked.prompt === undefined;
      return await model.attend(image, { ...asked, text, caption, sources });
    }
    if (asked.question !== undefined || asked.prompt !== undefined) throw withoutLanguage(dir);
    if (model instanceof Blip2Retrieval) return await model.attend(image, { text, sources });
    const { imageSize } = model instanceof RetrievalTunedModel ? model.vision : model.tower;
    const split = await pictureSplit([image], imageSize);
    const [bundle] = await model.attend(split, [0], text === undefined ? undefined : [text], { sources });
    return bundle;
  } finally {
    model.dispose();
  }
}

/** A folder as what its configuration says, a run as what its stage gives. */
async function openAny(dir: string, dtype?: WeightsType) {
  if (!isRunFolder(dir))
    return modelKind(dir) === 'retrieval' ? Blip2Retrieval.load(dir, { dtype }) : Blip2.load(dir, { dtype });
  refuseType(dir, dtype);
  const { model } = openRun(dir, { stages: [...SCORING, ...GENERATING] });
  return model instanceof ImageTextModel ? model : blip2Of(model, () => model.dispose());
}

const withoutLanguage = (dir: string) =>
  new Blip2Error(`${dir} scores pairs: it has no language model to be asked`, {
    hint: 'Give a text beside the queries, or a model after stage 2.',
    exitCode: 2,
  });

const processorOf = ({ tower, imageSize = tower.imageSize }: GeneratingParts) => clipProcessor(imageSize);

/** Pictures of recipes are normalised by CLIP's mean and deviation. */
const clipProcessor = (size: number): ImageProcessor => ({ size, mean: [...CLIP_MEAN], std: [...CLIP_STD] });
