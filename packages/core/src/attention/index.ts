export { attentionBundle, attentionSet, type AttentionSource, type LayerMap } from './bundle';
export {
  ATTENTION_ENDING,
  ATTENTION_INDEX,
  bundleOf,
  readAttentionFile,
  withBundles,
  writeAttentionFile,
  writeAttentionFolder,
} from './files';
export {
  ATTENTION_FORMAT,
  ATTENTION_SET_FORMAT,
  type AttentionBundle,
  type AttentionItem,
  type AttentionLayer,
  type AttentionMaps,
  type AttentionSet,
  type AttentionToQueries,
  type FurtherSource,
} from './format';
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
export { isSet, quantised } from './quantised';
export { checkAttentionFolder, readAttention, readAttentionBundle, readAttentionSet } from './read';
export {
  element,
  firstRows,
  lookAt,
  Looks,
  ofPicture,
  readMaps,
  type Look,
  type Pass,
  type Seen,
} from './look';
export { attentionRollout } from './rollout';
export { tokenNames } from './tokenNames';
