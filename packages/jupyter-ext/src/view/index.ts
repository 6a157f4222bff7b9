export { AttentionView, type AttentionViewOptions } from './attentionView';
export { errorMessage } from './errorMessage';
