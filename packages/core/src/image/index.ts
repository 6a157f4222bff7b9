export { decodeImage, type ImageSource, type RawImage } from './decode';
export { CLIP_MEAN, CLIP_STD, normalise } from './normalise';
