export {
  BERT,
  bertParameters,
  bertStates,
  wordLogits,
  type Bert,
  type BertConfig,
  type BertText,
} from './bert';
export { bertNames, initialiseFromBert } from './bertInitialisation';
export {
  blip2,
  blip2Prompt,
  LANGUAGE_MODEL,
  languageWeights,
  projectQueries,
  queryImages,
  softPrompts,
  type Blip2,
  type Prompts,
  type QueryOptions,
  type Text,
} from './blip2';
export { BLIP2, blip2Family, TOWERS, type Blip2Config, type TowerConfig, type Towers } from './blip2Family';
export * from './blip2Qformer';
export {
  BLIP2_RETRIEVAL,
  isRetrieval,
  type Blip2Retrieval,
  type Blip2RetrievalConfig,
} from './blip2Retrieval';
export {
  BLIP,
  blipFeatures,
  blipStates,
  CAPTION_PROMPT,
  captionPromptIds,
  type BlipCaptioner,
  type CaptionPrompt,
} from './blipCaptioner';
export { BLIP_LARGE, blipParameters, type BlipConfig, type BlipTextConfig } from './blipConfig';
export {
  CLIP,
  CLIP_LARGE,
  clipContrastive,
  clipImage,
  clipParameters,
  clipText,
  type Clip,
  type ClipConfig,
  type ClipTextConfig,
} from './clip';
export {
  bidirectionalMask,
  causalMask,
  continuationMask,
  contrastiveAndCausalMask,
  multimodalCausalMask,
  uniModalMask,
} from './masks';
export {
  decoderOnly,
  type Attend,
  type BlockContext,
  type Decoder,
  type DecoderOnlyTower,
} from './decoderOnly';
export type { Family, TensorNames } from './family';
export type { LanguageTower, Prompt, SpecialTokens } from './languageTower';
export { OPT, OPT_125M, OPT_1_3B, OPT_2_7B, OPT_350M, OPT_6_7B, optParameters, type OptConfig } from './opt';
export { encodePackedPairs, type PackedTexts } from './packedPairs';
export {
  attentionProbes,
  concatImages,
  embedText,
  imageMemory,
  qformer,
  selectImages,
  type ImageMemory,
  type QformerInput,
  type QformerOutput,
} from './qformer';
export { bertBaseQformer, qformerParameters, type QformerConfig } from './qformerConfig';
export { field, parseConfig } from './parseConfig';
export type { Beginning, Cache, Feed, Room, Sequencer, Step } from './sequencer';
export { T5, type T5Tower } from './t5';
export {
  FLAN_T5_BASE,
  FLAN_T5_LARGE,
  FLAN_T5_SMALL,
  FLAN_T5_XL,
  FLAN_T5_XXL,
  t5Parameters,
  type T5Config,
} from './t5Config';
export type { VisionTower } from './visionTower';
export {
  CLIP_VIT_L,
  EVA_VIT_G,
  tokenCount,
  resizedPositions,
  vit,
  vitParameters,
  type VitConfig,
  type VitOptions,
} from './vit';
export {
  CLIP_VISION,
  EVA_VISION,
  usualFeatureLayer,
  VISION_FAMILIES,
  vitModelType,
  type VitFamily,
  type VitTowerConfig,
} from './vitFamilies';
