export { augment } from './augment';
export { clipTower, makeClipTower, type TrainedClip } from './clip';
export { spreadPositions } from './positions';
export { makeTokenizers, TOKENIZERS } from './tokenizers';
export { copyTokenizer, STORED, TOWER_TRAINING } from './training';
