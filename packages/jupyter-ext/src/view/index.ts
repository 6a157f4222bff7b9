export { AttentionView, type AttentionViewOptions, type Translate } from './attentionView';
