/** A finished BLIP-2, asked about the pictures of a split. */
import type { RawImage } from '../../image';
import type { Blip2 } from '../../inference';
import type { VqaModel } from './evaluateVqa';

export function askingBlip2(model: Blip2): VqaModel {
  return {
    async answer(split, indices, questions, options) {
      const { imageSize } = split;
      const images = new Map<number, RawImage>();
      const imageOf = (index: number): RawImage => {
        const image = images.get(index) ?? { width: imageSize, height: imageSize, data: split.pixels(index) };
        images.set(index, image);
        return image;
      };
      const texts = await model.answerAll(indices.map(imageOf), questions, options);
      return texts.map(({ text }) => text);
    },
  };
}
