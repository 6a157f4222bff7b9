export {
  ATTENTION_FORMAT,
  attentionBundle,
  readAttentionBundle,
  type AttentionBundle,
  type AttentionLayer,
  type AttentionSource,
  type CrossAttentionMap,
} from './bundle';
export { classShare, layerOf, queryMap, type MapChoice, type PatchMap } from './maps';
export {
  chance,
  entropy,
  patchesOn,
  peak,
  querySummaries,
  shareOn,
  type Peak,
  type QuerySummary,
} from './measures';
