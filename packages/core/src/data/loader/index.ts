export { heldOut, type HeldOutOptions, type HeldOutSplit } from './heldOut';
export { PictureLoader } from './loader';
export { type LoaderOptions, type PictureBatch, type Skipped } from './options';
