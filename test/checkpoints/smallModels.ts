/** A small model of every family, described as by its config.json, and one pass through everything that it has. */
import {
  BERT,
  BLIP,
  BLIP2,
  blip2Prompt,
  CLIP,
  CLIP_VISION,
  EVA_VISION,
  languageWeights,
  OPT,
  softPrompts,
  T5,
  type Blip2,
  type Family,
  type LanguageTower,
  type Prompt,
  type VisionTower,
} from '../../packages/core/src/models';
import type { Weights } from '../../packages/core/src/nn';
import { tf, type ParameterSpecs, type Tensor } from '../../packages/core/src/runtime';

type Model = { parameters(): ParameterSpecs };

export interface SmallModel {
  name: string;
  family: Family<unknown, Model>;
  config: Record<string, unknown>;
  run: (model: Model, w: Weights) => Tensor[];
}

function small<Config, M extends Model>(
  name: string,
  family: Family<Config, M>,
  config: Record<string, unknown>,
  run: (model: M, w: Weights) => Tensor[],
): SmallModel {
  return { name, family, config, run } as unknown as SmallModel;
}

const ids = tf.tensor2d([[4, 5, 6]], [1, 3], 'int32');
const mask = tf.onesLike(ids);
const pixels = tf.randomUniform([1, 8, 8, 3], -1, 1, 'float32', 1);

const write = (tower: LanguageTower, w: Weights, prompt?: Prompt): Tensor[] => [
  tower.logits(w, prompt ?? { embeddings: tower.embed(w, ids), mask }, ids),
];
const look = (tower: VisionTower, w: Weights): Tensor[] => [tower.features(w, pixels)];
function tell(model: Blip2, w: Weights): Tensor[] {
  const soft = softPrompts(w, model, model.vision.features(w, pixels));
  return write(model.language, languageWeights(w), blip2Prompt(w, model, soft, { ids, mask }));
}

const block = { hiddenSize: 12, intermediateSize: 20, numHiddenLayers: 2, numAttentionHeads: 3 };
const visionConfig = { ...block, imageSize: 8, patchSize: 4 };
const text = { ...block, vocabSize: 17, maxPositionEmbeddings: 9 };
const opt = {
  vocabSize: 17,
  hiddenSize: 12,
  numHiddenLayers: 2,
  numAttentionHeads: 3,
  ffnDim: 20,
  maxPositionEmbeddings: 9,
};
const t5 = { vocabSize: 17, dModel: 12, dKv: 5, dFf: 20, numLayers: 2, numHeads: 3 };
const flanT5 = { ...t5, feedForwardProj: 'gated-gelu', tieWordEmbeddings: false };
const queries = { qformerConfig: { ...block, crossAttentionFrequency: 2 }, numQueryTokens: 4 };
const clipVision = { modelType: 'clip_vision_model', ...visionConfig };
const optConfig = { modelType: 'opt', ...opt };

export const SMALL_MODELS: SmallModel[] = [
  small('opt', OPT, opt, write),
  small('opt-350m', OPT, { ...opt, wordEmbedProjDim: 6, doLayerNormBefore: false }, write),
  small('opt-untied', OPT, { ...opt, tieWordEmbeddings: false }, write),
  small('t5', T5, t5, write),
  small('flan-t5', T5, flanT5, write),
  small('bert', BERT, text, (model, w) => [model.logits(w, { ids, mask })]),
  small(
    'clip',
    CLIP,
    { visionConfig, textConfig: { ...text, eosTokenId: 3 }, projectionDim: 7 },
    (model, w) => [model.image(w, pixels), model.text(w, ids)],
  ),
  small('clip-vision', CLIP_VISION, visionConfig, look),
  small('eva-vision', EVA_VISION, visionConfig, look),
  small('blip', BLIP, { visionConfig, textConfig: { ...text, bosTokenId: 2, sepTokenId: 3 } }, (model, w) => [
    model.logits(w, { features: model.features(w, pixels), ids, mask }),
  ]),
  small('blip-2-opt', BLIP2, { visionConfig, textConfig: optConfig, ...queries }, tell),
  small('blip-2-t5', BLIP2, { visionConfig, textConfig: { modelType: 't5', ...flanT5 }, ...queries }, tell),
  small('blip-2-clip', BLIP2, { visionConfig: clipVision, textConfig: optConfig, ...queries }, tell),
];
