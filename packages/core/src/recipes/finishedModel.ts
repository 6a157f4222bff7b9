/** A model after stage 2 outside of its recipe: asked about any image, or saved as a folder of its own. */
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { HalfType } from '../runtime';
import { Weights } from '../nn';
import { CLIP_MEAN, CLIP_STD } from '../image';
import { BLIP2, LANGUAGE_MODEL, type Blip2Config } from '../models';
import { fileError, savePretrained } from '../checkpoints';
import { Blip2, writeImageProcessor, type ImageProcessor } from '../inference';
import type { FrozenVisionTower } from '../data';
import { isRunFolder } from '../train';
import { openRun, type OpenRunOptions } from './openRun';
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
export function openBlip2(dir: string, options: Pick<OpenRunOptions, 'language'> = {}): Promise<Blip2> {
  if (!isRunFolder(dir)) return Blip2.load(dir);
  return Promise.resolve(asBlip2(openRun(dir, { ...options, stages: ['stage2'] }).model));
}

/** Pictures of recipes are normalised by CLIP's mean and deviation. */
const processorOf = ({ imageSize }: FrozenVisionTower): ImageProcessor => ({
  size: imageSize,
  mean: [...CLIP_MEAN],
  std: [...CLIP_STD],
});
