/**
 * Vision towers by the `model_type` of their config.json: CLIP's and EVA's ViT on their own, and as parts of the models
 * that they come in. What files hold and a tower does not need is passed over: the norm after the blocks, blocks that
 * are not run, the projection, other parts.
 */
import { z } from 'zod';
import { Blip2Error } from '../runtime';
import type { Family } from './family';
import { checkHeads, field, parseConfig } from './parseConfig';
import type { VisionTower } from './visionTower';
import { EVA_VIT_G, vit, vitParameters, type VitConfig } from './vit';

export interface VitTowerConfig extends VitConfig {
  /** The block whose states are the features, counted from the end as in LLaVA's config: −1 the last. */
  visionFeatureLayer: number;
}

/**
 * The block that BLIP-2 takes: the second to last (section 3.1). EVA's file holds the blocks up to that one, so there it
 * is the last.
 */
export function usualFeatureLayer({ family }: Pick<VitConfig, 'family'>): number {
  return family === 'eva' ? -1 : -2;
}

export type VitFamily = Family<VitTowerConfig, VisionTower>;

const PREFIX = 'vision_model.';

/** The fields of a `vision_config`; `defaults` are of those that it leaves out. */
export const vitFields = (defaults: Omit<VitConfig, 'family'>) =>
  z.object({
    hiddenSize: field.size.default(defaults.hiddenSize),
    intermediateSize: field.size.default(defaults.intermediateSize),
    numHiddenLayers: field.blocks.min(1).default(defaults.numHiddenLayers),
    numAttentionHeads: field.size.default(defaults.numAttentionHeads),
    imageSize: field.size.default(defaults.imageSize),
    patchSize: field.size.default(defaults.patchSize),
    hiddenAct: field.activation.default(defaults.hiddenAct),
    layerNormEps: field.epsilon.default(defaults.layerNormEps),
  });

/** CLIP's ViT (transformers' CLIPVisionModel). */
export const CLIP_VISION = vitFamily('clip_vision_model', 'CLIPVisionModel', {
  family: 'clip',
  hiddenSize: 768,
  intermediateSize: 3072,
  numHiddenLayers: 12,
  numAttentionHeads: 12,
  imageSize: 224,
  patchSize: 32,
  hiddenAct: 'quick_gelu',
  layerNormEps: 1e-5,
});

/** EVA's ViT as BLIP-2 has it (transformers' Blip2VisionModel). */
export const EVA_VISION = vitFamily('blip_2_vision_model', 'Blip2VisionModel', EVA_VIT_G);

/** By the `model_type` of the folder, which may be that of a model with a vision tower in it. */
export const VISION_FAMILIES: Readonly<Record<string, VitFamily>> = {
  clip_vision_model: CLIP_VISION,
  blip_2_vision_model: EVA_VISION,
  clip: partOf('clip', [CLIP_VISION]),
  'blip-2': partOf('blip-2', [EVA_VISION, CLIP_VISION]),
};

function vitFamily(modelType: string, architecture: string, defaults: VitConfig): VitFamily {
  const fields = vitFields(defaults).extend({
    visionFeatureLayer: z.number().int().negative().default(usualFeatureLayer(defaults)),
  });
  // What the towers here cannot be.
  const fixed = z.object({ numChannels: z.literal(3).default(3), qkvBias: z.literal(true).default(true) });
  return {
    modelType,
    readConfig(json) {
      parseConfig(fixed, json, modelType);
      const config = { family: defaults.family, ...parseConfig(fields, json, modelType) };
      checkHeads(modelType, config.hiddenSize, config.numAttentionHeads);
      checkLayer(modelType, config);
      return config;
    },
    writeConfig: ({ family: _, ...config }) => ({ modelType, architectures: [architecture], ...config }),
    build: vitTower,
    parameterName(name, config) {
      const own = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name;
      return isUsed(own, config) ? PREFIX + own : undefined;
    },
  };
}

/**
 * The tower in the folder of a larger model, whose config.json describes it under `vision_config`, with the feature layer
 * there or beside it.
 *
 * @param families it is of one of them: the first, if it does not say
 */
function partOf(modelType: string, families: VitFamily[]): VitFamily {
  const find = (of: unknown = families[0].modelType) => {
    const family = families.find((one) => one.modelType === of);
    if (family) return family;
    throw new Blip2Error(
      `config.json of a ${modelType} model: vision_config.model_type: ${JSON.stringify(of)}`,
      {
        hint: `There are towers of the types ${families.map((one) => one.modelType).join(', ')}.`,
      },
    );
  };
  return {
    modelType,
    readConfig({ visionConfig, visionFeatureLayer }) {
      const own = (visionConfig ?? {}) as Record<string, unknown>;
      return find(own.modelType ?? undefined).readConfig({
        ...own,
        visionFeatureLayer: visionFeatureLayer ?? own.visionFeatureLayer,
      });
    },
    writeConfig: (config) => ({ modelType, visionConfig: familyOf(config).writeConfig(config) }),
    build: vitTower,
    parameterName: (name, config) =>
      name.startsWith(PREFIX) ? familyOf(config).parameterName!(name, config) : undefined,
  };
}

const familyOf = ({ family }: VitTowerConfig) => (family === 'clip' ? CLIP_VISION : EVA_VISION);

/** The `model_type` of a tower on its own, and in a BLIP-2. */
export const vitModelType = (config: VitTowerConfig): string => familyOf(config).modelType;

function vitTower(config: VitTowerConfig): VisionTower {
  const { imageSize, patchSize, hiddenSize } = config;
  const layers = layersRun(config);
  return {
    imageSize,
    patchSize,
    hiddenSize,
    parameters: () => vitParameters(config, { layers }),
    features: (w, pixels) => vit(w.scope('vision_model'), config, pixels, { layers }),
  };
}

/** Blocks up to the one whose states are the features. */
function layersRun({ numHiddenLayers, visionFeatureLayer }: VitTowerConfig): number {
  return numHiddenLayers + 1 + visionFeatureLayer;
}

function checkLayer(modelType: string, config: VitTowerConfig): void {
  if (layersRun(config) >= 0) return;
  const { visionFeatureLayer, numHiddenLayers } = config;
  throw new Blip2Error(
    `config.json of a ${modelType} model: vision_feature_layer: ${visionFeatureLayer} of ${numHiddenLayers} blocks`,
    { hint: 'It counts from the end: -1 is the last block.' },
  );
}

/** Is this tensor of a file one of the tower's? What is unknown is: the loader will name it. */
function isUsed(name: string, config: VitTowerConfig): boolean {
  const block = /^encoder\.layers\.(\d+)\./.exec(name)?.[1];
  if (block !== undefined) {
    return Number(block) < layersRun(config) || Number(block) >= config.numHiddenLayers;
  }
  return !/^(post_layernorm\.|visual_projection\.|embeddings\.position_ids$)/.test(name);
}
