/** A finished BLIP-2, asked about the pictures of a split. */
import type { RawImage } from '../image';
import type { Blip2 } from '../inference';
import type { ImageTextSplit } from '../data';
import type { CaptionModel } from './caption';
import type { VqaModel } from './vqa';

export function askingBlip2(model: Blip2): VqaModel & CaptionModel {
  return {
    async answer(split, indices, questions, options) {
      const texts = await model.answerAll(imagesOf(split, indices), questions, options);
      return texts.map(({ text }) => text);
    },
    async caption(split, indices, options) {
      const texts = await model.captionAll(imagesOf(split, indices), options);
      return texts.map((text) => [text]);
    },
  };
}

/** A picture that comes up again is the same object. */
function imagesOf(split: ImageTextSplit, indices: readonly number[]): RawImage[] {
  const { imageSize } = split;
  const images = new Map(
    indices.map((index) => [index, { width: imageSize, height: imageSize, data: split.pixels(index) }]),
  );
  return indices.map((index) => images.get(index)!);
}
