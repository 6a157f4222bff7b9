/** What fine-tuning goes on with, from wherever it lies: a run, or a model folder such as the published weights. */
import { join } from 'node:path';
import { ParameterStore, tf, type ParameterSpecs } from '../runtime';
import { blip2, BLIP2, BLIP2_RETRIEVAL, blip2QformerParameters } from '../models';
import { fromPretrained, hashWeights, openModelFolder } from '../checkpoints';
import { loadLanguageModel, loadVisionTower, type FrozenVisionTower } from '../data';
import { defaultRunsDir, isRunFolder, readRunFolder } from '../train';
import { languageShape } from './languageShape';
import { openRun } from './openRun';
import { qformerTokenizer } from './qformerTokenizer';
import { Stage1Model } from './stage1Model';
import { Stage2Model } from './stage2Model';
import type { Start, TextHalf } from './startParts';

/**
 * A run of stage 2, or a BLIP-2 in a folder (`Salesforce/blip2-opt-2.7b`): its language model is held in 16 bit, as the
 * paper has it (OPT in FP16, FlanT5 in BF16), its image encoder in float32, for it is trained.
 * @throws Blip2Error if it is neither
 */
export function openStage2(dir: string): Start<Stage2Model> {
  if (isRunFolder(dir)) return openRun(dir, { stages: ['stage2'] });
  const { config, parameters } = fromPretrained(
    dir,
    {
      ...BLIP2,
      build: (config) => {
        const model = BLIP2.build(config);
        return { ...model, parameters: () => model.trainableParameters() };
      },
      parameterName: (name, config) => (isTower(name) ? undefined : BLIP2.parameterName!(name, config)),
    },
    { trainable: () => true },
  );
  const tower = loadVisionTower(dir);
  const isDecoderOnly = languageShape(dir).tower.architecture === 'decoder-only';
  const language = loadLanguageModel(dir, { dtype: isDecoderOnly ? 'float16' : 'bfloat16' });
  const { qformer, visionLayerNormEps } = config;
  const model = blip2({ vision: tower.model, language: language.tower, qformer, visionLayerNormEps });
  const cacheDir = join(defaultRunsDir(), 'cache');
  return described(dir, new Stage2Model({ model, parameters, language, tower, cacheDir }));
}

/**
 * The text half of a Q-Former: of a run of stage 1, or of a model folder (`Salesforce/blip2-itm-vit-g`).
 * @param tower one that is there already, for a run in front of the same one
 * @throws Blip2Error if it is neither
 */
export function openTextHalf(dir: string, tower: FrozenVisionTower): Start<TextHalf> {
  if (isRunFolder(dir)) {
    const { config } = readRunFolder(dir, () => undefined).record;
    return openRun(dir, { stages: ['stage1'], tower: config.tower === tower.hash ? tower : undefined });
  }
  return described(dir, textHalf(dir));
}

/** Longest text in tokens, as LAVIS trains. */
const LONGEST_TEXT = 32;

/**
 * What fine-tuning for retrieval goes on with: a run of stage 1, or a model folder (`Salesforce/blip2-itm-vit-g`). Such a
 * folder lacks what scores need not: the temperature and ITG's head begin anew.
 * @throws Blip2Error if it is neither
 */
export function openStage1(dir: string): Start<Stage1Model> {
  if (isRunFolder(dir)) return openRun(dir, { stages: ['stage1'] });
  const { config: read, parameters: scoring, tokenizer, tokenizerDir } = textHalf(dir);
  const config = { ...read, decoderStartTokenId: tokenizer.id('[DEC]') };
  const parameters = completed(scoring, blip2QformerParameters(config));
  const tower = loadVisionTower(dir);
  const maxTextLength = Math.min(LONGEST_TEXT, config.qformer.maxPositionEmbeddings);
  const cacheDir = join(defaultRunsDir(), 'cache');
  const model = { config, parameters, tokenizer, tokenizerDir, tower, maxTextLength, cacheDir };
  return described(dir, new Stage1Model(model));
}

/** Parameters of some specs: those that are there, which are given up, and the rest drawn. No value is held twice. */
function completed(some: ParameterStore, specs: ParameterSpecs): ParameterStore {
  const missing = Object.entries(specs).filter(([name]) => !some.has(name));
  const drawn = ParameterStore.create(Object.fromEntries(missing), 0);
  const valueOf = (name: string) => (some.has(name) ? some : drawn).read(name);
  const all = tf.tidy(
    () =>
      ParameterStore.from(
        Object.fromEntries(Object.keys(specs).map((name) => [name, valueOf(name)])),
      ) as never,
  ) as ParameterStore;
  some.dispose();
  drawn.dispose();
  return all;
}

function textHalf(dir: string): TextHalf {
  const { model, parameters } = fromPretrained(
    dir,
    {
      ...BLIP2_RETRIEVAL,
      build: (config) => {
        const model = BLIP2_RETRIEVAL.build(config);
        const all = Object.entries(model.parameters()).filter(([name]) => !isTower(name));
        return { ...model, parameters: () => Object.fromEntries(all) };
      },
      parameterName: (name, config) =>
        isTower(name) ? undefined : BLIP2_RETRIEVAL.parameterName!(name, config),
    },
    { trainable: () => true },
  );
  return { config: model.config, parameters, tokenizer: qformerTokenizer(dir), tokenizerDir: dir };
}

const isTower = (name: string): boolean =>
  /^(language_model\.|vision_model\.(?!post_layernorm\.))/.test(name);

/** By its weights: a folder may be moved and renamed. */
function described<M>(dir: string, model: M): Start<M> {
  const hash = hashWeights(openModelFolder(dir));
  return { dir, recipe: { name: 'model folder', hash }, step: 0, model };
}
