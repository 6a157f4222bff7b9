/**
 * BLIP-2 for retrieval in folders: the vision tower and the Q-Former of stage 1 with the projections of ITC and the head
 * of ITM, as Hugging Face's Blip2ForImageTextRetrieval has them (`Salesforce/blip2-itm-vit-g`). Its config.json is a
 * BLIP-2's whose language model is passed over.
 */
import { z } from 'zod';
import type { ParameterSpecs } from '../runtime';
import { find, readQformer, readTower, rename, TOWERS, type TowerConfig } from './blip2Family';
import { blip2Qformer, blip2QformerParameters, type Blip2QformerConfig } from './blip2Qformer';
import type { Family } from './family';
import { field, parseConfig } from './parseConfig';
import type { VisionTower } from './visionTower';

/** What the `config.json` says. */
export interface Blip2RetrievalConfig extends Pick<
  Blip2QformerConfig,
  'qformer' | 'imageTextHiddenSize' | 'visionLayerNormEps'
> {
  vision: TowerConfig;
  /** Marks the queries' places in Hugging Face's token ids; here they need none. */
  imageTokenIndex?: number;
}

/** A vision tower in front of a Q-Former that reads texts too. */
export interface Blip2Retrieval {
  readonly vision: VisionTower;
  readonly config: Blip2QformerConfig;
  parameters(): ParameterSpecs;
}

const ARCHITECTURE = 'Blip2ForImageTextRetrieval';

const fields = z.object({
  visionConfig: z.looseObject({ modelType: z.string().optional(), layerNormEps: field.epsilon.optional() }),
  qformerConfig: z.looseObject({}),
  numQueryTokens: field.size.default(32),
  imageTextHiddenSize: field.size.default(256),
  /** Ours. */
  visionLayerNormEps: field.epsilon.optional(),
  imageTokenIndex: field.count.optional(),
});

/** Is a config.json that of a model for retrieval? */
export function isRetrieval({ architectures }: Readonly<Record<string, unknown>>): boolean {
  return Array.isArray(architectures) && architectures.includes(ARCHITECTURE);
}

const visionOf = (modelType?: string) => find('vision', TOWERS.vision, modelType);

/** The paper's BLIP-2 after stage 1, in folders. */
export const BLIP2_RETRIEVAL: Family<Blip2RetrievalConfig, Blip2Retrieval> = {
  modelType: 'blip-2',
  readConfig(json) {
    const { visionConfig, qformerConfig, ...rest } = parseConfig(fields, json, 'blip-2');
    const vision = readTower(visionOf(visionConfig.modelType), visionConfig);
    const { hiddenSize } = visionOf(vision.modelType).build(vision.config);
    const { numQueryTokens, imageTextHiddenSize, visionLayerNormEps, imageTokenIndex } = rest;
    return {
      vision,
      qformer: { ...readQformer(qformerConfig, numQueryTokens, hiddenSize), useQformerTextInput: true },
      imageTextHiddenSize,
      visionLayerNormEps: visionLayerNormEps ?? visionConfig.layerNormEps ?? 1e-6,
      imageTokenIndex,
    };
  },
  writeConfig({ vision, qformer, imageTextHiddenSize, visionLayerNormEps, imageTokenIndex }) {
    const { numQueryTokens, embeddingRange: _, ...qformerConfig } = qformer;
    return {
      modelType: 'blip-2',
      architectures: [ARCHITECTURE],
      visionConfig: visionOf(vision.modelType).writeConfig(vision.config),
      qformerConfig: { modelType: 'blip_2_qformer', hiddenAct: 'gelu', ...qformerConfig },
      numQueryTokens,
      imageTextHiddenSize,
      imageTokenIndex,
      visionLayerNormEps,
    };
  },
  build({ vision, qformer, imageTextHiddenSize, visionLayerNormEps }) {
    const tower = visionOf(vision.modelType).build(vision.config);
    const config = { ...blip2Qformer(tower.hiddenSize), qformer, imageTextHiddenSize, visionLayerNormEps };
    return { vision: tower, config, parameters: () => ({ ...tower.parameters(), ...scoring(config) }) };
  },
  parameterName(name, { vision }) {
    const isTower = name.startsWith('vision_model.') && !name.startsWith('vision_model.post_layernorm.');
    return isTower ? rename(visionOf(vision.modelType), name, vision.config) : name;
  },
};

/** All that stage 1 trains, without what scores need not: the temperature and the language head. */
function scoring(config: Blip2QformerConfig): ParameterSpecs {
  const all = Object.entries(blip2QformerParameters(config));
  return Object.fromEntries(all.filter(([name]) => name !== 'temp' && !name.startsWith('cls.')));
}
