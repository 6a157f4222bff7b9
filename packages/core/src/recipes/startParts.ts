/** What fine-tuning goes on with, as its recipes see it. */
import type { Run } from '../train';
import type { Stage1Model } from './stage1Model';

/** A run, or what a model folder holds in its place: then the recipe's hash is that of its weights. */
export type Start<Model> = Pick<Run<Model>, 'dir' | 'recipe' | 'step' | 'model'>;

/** Of stage 1 that which reads texts. */
export type TextHalf = Pick<Stage1Model, 'config' | 'parameters' | 'tokenizer' | 'tokenizerDir'>;
