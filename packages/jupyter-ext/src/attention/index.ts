export { ATTENTION_FORMAT, BundleError, type Attention } from './bundle';
export { readAttentionOutput } from './read';
export { ATTENTION_SET_FORMAT, type AttentionItem, type AttentionSet } from './set';
export type { ViewState } from './state';
