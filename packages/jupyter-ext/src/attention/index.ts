export { ATTENTION_FORMAT, BundleError, readAttention, type Attention } from './bundle';
export { pageHtml, type PageContent } from './page';
export { readAttentionOutput } from './read';
export { ATTENTION_SET_FORMAT, type AttentionItem, type AttentionSet } from './set';
export { firstState, type ViewState } from './state';
export { english, type Translate } from './translate';
export { readWishes, type Wishes } from './wishes';
