export { augment } from './augment';
export { clipTower, makeClipTower, type TrainedClip } from './clip';
export {
  languageTower,
  makeLanguageTower,
  type LanguageKind,
  type LanguageTexts,
  type TrainedLanguage,
} from './language';
export { makeTowers, OWN_TOWERS, type MakeOwnTowersOptions, type OwnTower } from './make';
export { spreadPositions } from './positions';
export { makeTokenizers, TOKENIZERS } from './tokenizers';
export { copyTokenizer, STORED, TOWER_TRAINING } from './training';
