/** BLIP-2 in folders: the config.json of Hugging Face's Blip2ForConditionalGeneration, whose towers are families too. */
import { z } from 'zod';
import { Blip2Error } from '../runtime';
import { blip2, LANGUAGE_MODEL, type Blip2, type Prompts } from './blip2';
import type { Family, TensorNames } from './family';
import type { LanguageTower } from './languageTower';
import { OPT } from './opt';
import { checkHeads, field, parseConfig } from './parseConfig';
import type { QformerConfig } from './qformerConfig';
import { T5 } from './t5';
import type { VisionTower } from './visionTower';
import { CLIP_VISION, EVA_VISION } from './vitFamilies';

/** A tower of some family: which one, and its configuration there. */
export interface TowerConfig {
  modelType: string;
  config: unknown;
}

/** What the `config.json` of a BLIP-2 says. */
export interface Blip2Config {
  vision: TowerConfig;
  text: TowerConfig;
  qformer: QformerConfig;
  /**
   * Of the norm between image and Q-Former. Hugging Face has no field of its own for it and takes the vision tower's
   * epsilon (1e-6); LAVIS has 1e-5.
   */
  visionLayerNormEps: number;
  /** Marks the queries' places in Hugging Face's token ids; here they need none. */
  imageTokenIndex?: number;
  /** Ours: what it was fine-tuned to be asked with. */
  prompts?: Prompts;
}

/** The families that a BLIP-2 may be made of. */
export interface Towers {
  vision: readonly Family<unknown, VisionTower>[];
  language: readonly Family<unknown, LanguageTower>[];
}

/** The paper's: CLIP's and EVA's ViT, OPT, FlanT5. */
export const TOWERS: Towers = { vision: [EVA_VISION, CLIP_VISION], language: [OPT, T5] };

/**
 * BLIP-2 with other towers: `blip2Family({ ...TOWERS, language: [...TOWERS.language, LLAMA] })`. The first of each is
 * what a config.json without `model_type` means.
 */
export function blip2Family(towers: Towers): Family<Blip2Config, Blip2> {
  const visionOf = (modelType?: string) => find('vision', towers.vision, modelType);
  const languageOf = (modelType?: string) => find('language', towers.language, modelType);
  return {
    modelType: 'blip-2',
    readConfig(json, files) {
      const { visionConfig, textConfig, qformerConfig, ...rest } = parseConfig(fields, json, 'blip-2');
      const vision = readTower(visionOf(visionConfig.modelType), visionConfig);
      const ofLanguage = files && { has: (name: string) => files.has(`${LANGUAGE_MODEL}.${name}`) };
      const text = readTower(languageOf(textConfig.modelType), textConfig, ofLanguage);
      const { hiddenSize } = visionOf(vision.modelType).build(vision.config);
      const { numQueryTokens, visionLayerNormEps, imageTokenIndex, prompts } = rest;
      return {
        vision,
        text,
        qformer: readQformer(qformerConfig, numQueryTokens, hiddenSize),
        visionLayerNormEps: visionLayerNormEps ?? visionConfig.layerNormEps ?? 1e-6,
        imageTokenIndex,
        prompts,
      };
    },
    writeConfig({ vision, text, qformer, visionLayerNormEps, imageTokenIndex, prompts }) {
      const { numQueryTokens, embeddingRange: _, ...qformerConfig } = qformer;
      const language = languageOf(text.modelType);
      return {
        modelType: 'blip-2',
        architectures: ['Blip2ForConditionalGeneration'],
        visionConfig: visionOf(vision.modelType).writeConfig(vision.config),
        qformerConfig: { modelType: 'blip_2_qformer', hiddenAct: 'gelu', ...qformerConfig },
        textConfig: language.writeConfig(text.config),
        numQueryTokens,
        imageTokenIndex,
        visionLayerNormEps,
        prompts,
        useDecoderOnlyLanguageModel: language.build(text.config).architecture === 'decoder-only',
      };
    },
    build: ({ vision, text, qformer, visionLayerNormEps, prompts }) =>
      blip2({
        vision: visionOf(vision.modelType).build(vision.config),
        language: languageOf(text.modelType).build(text.config),
        qformer,
        visionLayerNormEps,
        prompts,
      }),
    parameterName(name, { vision, text }) {
      const inside = name.startsWith(`${LANGUAGE_MODEL}.`) && name.slice(LANGUAGE_MODEL.length + 1);
      if (inside) {
        const own = rename(languageOf(text.modelType), inside, text.config);
        return own && `${LANGUAGE_MODEL}.${own}`;
      }
      const isTower = name.startsWith('vision_model.') && !name.startsWith('vision_model.post_layernorm.');
      return isTower ? rename(visionOf(vision.modelType), name, vision.config) : name;
    },
  };
}

/** The paper's BLIP-2 in folders. */
export const BLIP2 = blip2Family(TOWERS);

const fields = z.object({
  visionConfig: z.looseObject({
    modelType: z.string().optional(),
    layerNormEps: field.epsilon.optional(),
  }),
  textConfig: z.looseObject({ modelType: z.string().optional() }),
  qformerConfig: z.looseObject({}),
  numQueryTokens: field.size.default(32),
  /** Ours. */
  visionLayerNormEps: field.epsilon.optional(),
  imageTokenIndex: field.count.optional(),
  /** Ours. */
  prompts: z.object({ caption: z.string(), question: z.string() }).partial().optional(),
});

const qformerFields = z.object({
  vocabSize: field.size.default(30_522),
  hiddenSize: field.size.default(768),
  numHiddenLayers: field.blocks.min(1).default(12),
  numAttentionHeads: field.size.default(12),
  intermediateSize: field.size.default(3072),
  hiddenAct: z.literal('gelu').default('gelu'),
  hiddenDropoutProb: field.probability.default(0.1),
  attentionProbsDropoutProb: field.probability.default(0.1),
  maxPositionEmbeddings: field.size.default(512),
  initializerRange: field.epsilon.default(0.02),
  layerNormEps: field.epsilon.default(1e-12),
  crossAttentionFrequency: field.size.default(2),
  useQformerTextInput: z.boolean().default(false),
});

/** The `qformer_config`. */
export function readQformer(json: unknown, numQueryTokens: number, encoderHiddenSize: number): QformerConfig {
  const { hiddenAct: _, ...config } = parseConfig(qformerFields, json, 'blip_2_qformer');
  checkHeads('blip_2_qformer', config.hiddenSize, config.numAttentionHeads);
  return { ...config, numQueryTokens, encoderHiddenSize, embeddingRange: config.initializerRange };
}

/** A tower's own config. */
export function readTower<Model extends VisionTower | LanguageTower>(
  family: Family<unknown, Model>,
  json: Record<string, unknown>,
  files?: TensorNames,
): TowerConfig {
  return { modelType: family.modelType, config: family.readConfig(json, files) };
}

/** The name that a tower gives a tensor of its file. */
export function rename<Model extends VisionTower | LanguageTower>(
  family: Family<unknown, Model>,
  name: string,
  config: unknown,
): string | undefined {
  return family.parameterName ? family.parameterName(name, config) : name;
}

/** The family of a `model_type`; the first where there is none. */
export function find<F extends { modelType: string }>(
  kind: string,
  families: readonly F[],
  modelType?: string,
): F {
  const family = modelType === undefined ? families[0] : families.find((one) => one.modelType === modelType);
  if (family) return family;
  throw new Blip2Error(`config.json of a blip-2 model: there is no ${kind} model of type "${modelType}"`, {
    hint: `There are ${families.map((one) => one.modelType).join(', ')}; others can be added: see blip2Family.`,
  });
}
