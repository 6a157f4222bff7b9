export { cropImage, randomCrop } from './crop';
export { type Crop } from './squareCrop';
export { decodeImage, decodePixels, type ImageSource, type RawImage } from './decode';
export { encodePng, type EncodedPng } from './encode';
export { CLIP_MEAN, CLIP_STD, normalise } from './normalise';
export { resample } from './resample';
export { encodeThumbnail } from './thumbnail';
