export { type Swap, SWAPS, type SwappedCaptions, swapsOf } from './captions';
export { shapesDirectory } from './directory';
export { type Domain, domainOf, DOMAINS, isUnseen } from './domains';
export { type DocumentOptions, drawDocument, type TextDocument, type Turn, type TurnKind } from './documents';
export { writeShapesFolder } from './folder';
export {
  type CaptionOptions,
  type ShapesOptions,
  shapesSettings,
  type ShapesSettings,
  type WebNoise,
} from './options';
export { type Color, COLORS, type Shape, SHAPES } from './names';
export { type Phrasing, plainWords } from './phrasing';
export { type Question, type QuestionKind } from './questions';
export { Random } from './random';
export { maskOf, renderScene } from './render';
export {
  type Background,
  type Dot,
  layoutKey,
  type Placed,
  type Relation,
  relationOf,
  type Scene,
  type SceneObject,
  type Size,
  type Split,
  splitOf,
} from './scene';
export {
  judge,
  judgeCaption,
  type Judgement,
  nameOf,
  readStatement,
  RELATIONS,
  type Statement,
  type Thing,
  wordsOf,
} from './statements';
export { type Rgb, type StyleName } from './styles';
export { shapesPrompts, shapesTexts } from './texts';
export { trainShapesTokenizers, type ShapesTokenizers } from './tokenizers';
export { GENERIC_CAPTIONS, type WebCaption, type WebCaptionKind } from './webCaptions';
export { type Example, shapesWorld, type ShapesWorld } from './world';
