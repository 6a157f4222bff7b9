/** A model after stage 2 outside of its recipe: asked about any image, or saved as a folder of its own. */
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { Blip2Error, type HalfType } from '../runtime';
import { Weights } from '../nn';
import { CLIP_MEAN, CLIP_STD, type ImageSource } from '../image';
import { BLIP2, LANGUAGE_MODEL, type Blip2Config } from '../models';
import { fileError, savePretrained } from '../checkpoints';
import type { AttentionBundle } from '../attention';
import { Blip2, writeImageProcessor, type ImageProcessor } from '../inference';
import { pictureSplit, type FrozenVisionTower } from '../data';
import { isRunFolder } from '../train';
import { openRun } from './openRun';
import { Stage1Model } from './stage1Model';
import { allWeights, type Stage2Model } from './stage2Model';

export interface SaveBlip2Options {
  /** Rounds matrices to 16 bit, which halves the folder; nothing is rounded unless given. */
  dtype?: HalfType;
}

const TOKENIZER_FILES = ['tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json'];

/**
 * Writes both towers, what was trained between them, tokenizer and image processor in Hugging Face's layout: `Blip2.load`
 * reads it, and Python's transformers where it has such a tower (EVA's; a CLIP in a BLIP-2 is LAVIS's alone).
 *
 * @param model what a run of stage 2 gives
 * @throws Blip2Error naming the file that cannot be written
 */
export function saveBlip2(dir: string, { parts }: Stage2Model, { dtype }: SaveBlip2Options = {}): void {
  const { model, parameters, language, tower } = parts;
  const config: Blip2Config = {
    vision: tower.config,
    text: language.config,
    qformer: model.qformer,
    visionLayerNormEps: model.visionLayerNormEps,
  };
  const ofLanguage = Object.fromEntries(
    Object.entries(language.tensors).map(([name, tensor]) => [`${LANGUAGE_MODEL}.${name}`, tensor]),
  );
  savePretrained(
    dir,
    BLIP2,
    config,
    { ...tower.tensors, ...parameters.snapshot(), ...ofLanguage },
    { dtype },
  );
  writeImageProcessor(dir, processorOf(tower));
  for (const name of TOKENIZER_FILES.filter((file) => existsSync(join(language.dir, file)))) {
    const to = join(dir, name);
    try {
      copyFileSync(join(language.dir, name), to);
    } catch (cause) {
      throw fileError(cause, 'write', to);
    }
  }
}

/** The same model, asked about images from anywhere. Memory stays that of the run's model. */
export function asBlip2({ parts }: Stage2Model): Blip2 {
  const { model, parameters, language, tower } = parts;
  const frozen = allWeights({ weights: new Weights({}), language });
  return new Blip2({
    model,
    frozen,
    weights: () => new Weights({ ...tower.tensors, ...parameters.readAll() }),
    tokenizer: language.tokenizer,
    processor: processorOf(tower),
  });
}

/**
 * A BLIP-2 from wherever it lies: a folder in Hugging Face's layout, or the run folder of a stage 2.
 * @throws Blip2Error if it is neither
 */
export async function openBlip2(dir: string): Promise<Blip2> {
  return isRunFolder(dir) ? asBlip2(openRun(dir, { stages: ['stage2'] }).model) : await Blip2.load(dir);
}

/**
 * Where the queries of a model look in an image: a BLIP-2 (`openBlip2`), or a Q-Former after stage 1, which can have a
 * text beside its queries as in image-text matching.
 *
 * @throws Blip2Error if there is a text, but the model's queries never see one
 */
export async function attendTo(dir: string, image: ImageSource, text?: string): Promise<AttentionBundle> {
  const run = isRunFolder(dir) ? openRun(dir, { stages: ['stage1', 'stage2'] }) : undefined;
  if (run?.model instanceof Stage1Model) {
    const split = await pictureSplit([image], run.model.tower.imageSize);
    const [bundle] = await run.model.attend(split, [0], text === undefined ? undefined : [text]);
    return bundle;
  }
  if (text !== undefined) {
    throw new Blip2Error(`${dir}: the queries of a BLIP-2 that writes text read the image alone`, {
      hint: 'Leave the text out, or give a run of stage 1, where queries and text meet.',
      exitCode: 2,
    });
  }
  const model = run ? asBlip2(run.model) : await Blip2.load(dir);
  try {
    return await model.attend(image);
  } finally {
    model.dispose();
  }
}

/** Pictures of recipes are normalised by CLIP's mean and deviation. */
const processorOf = ({ imageSize }: FrozenVisionTower): ImageProcessor => ({
  size: imageSize,
  mean: [...CLIP_MEAN],
  std: [...CLIP_STD],
});
