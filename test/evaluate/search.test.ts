import { expect, it } from 'vitest';
import { searchImages, type EncodedPool } from '../../packages/core/src/evaluate';
import type { ImageTextSplit } from '../../packages/core/src/data';

const captions = [['a dog'], ['a cat', 'A Dog.'], ['a bird']];
const split = { size: 3, captions: (index: number) => captions[index] } as unknown as ImageTextSplit;
/** Rows are pictures, columns the texts asked for. */
const pool: EncodedPool = {
  similarities: Float32Array.of(0.5, 0.1, 0.25, 0.2, 0.75, 0.3),
  matchLogits: async (images) => Float32Array.from(images, (image) => [4, 8, -4][image]),
};
const model = { encodePool: async () => pool };

it('ranks pictures by similarity, and knows which are right', async () => {
  const [dog, bird] = await searchImages(model, split, ['a dog', 'a bird'], { top: 2, k: 0 });
  expect(dog).toEqual({
    text: 'a dog',
    hits: [
      { index: 2, score: 0.75, right: false },
      { index: 0, score: 0.5, right: true },
    ],
  });
  expect(bird.hits.map(({ index }) => index)).toEqual([2, 1]);
});

it('ranks the candidates anew by matching, and only those', async () => {
  const ofDog = { ...pool, similarities: Float32Array.of(0.5, 0.25, 0.75) };
  const [dog] = await searchImages({ encodePool: async () => ofDog }, split, ['a dog'], { top: 2, k: 2 });
  expect(dog.hits).toEqual([
    { index: 0, score: 4.5, right: true },
    { index: 2, score: -3.25, right: false },
  ]);
});
