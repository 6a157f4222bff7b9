/** Pairs without padding: the queries of `encodePair`, and nothing computed that they do not depend on. */
import { expect, test } from 'vitest';
import { encodePackedPairs, encodePair, readImage, type PackedTexts } from '../../packages/core/src/models';
import { Weights } from '../../packages/core/src/nn';
import { compile, tf, type Tensor } from '../../packages/core/src/runtime';
import '../support/allclose';
import { batch, config, parameters, weights as w } from '../support/stage1';

const image = readImage(w, config, batch.image);
const ids = batch.textIds.arraySync() as number[][];
const mask = batch.textMask.arraySync() as number[][];
const [longest, pairs] = [ids[0].length, ids.length];
const padded = encodePair(w, config, image, { ids: batch.textIds, mask: batch.textMask }).queries!;
const int32 = (row: number[]) => tf.tensor1d(row, 'int32');

/** @param spare rows that belong to no text, all of one word */
function packed(spare: number[] = []): PackedTexts {
  const places = mask.flatMap((row, pair) =>
    row.flatMap((real, place) => (real ? [pair * longest + place] : [])),
  );
  const tokens = mask.map((row, pair) =>
    row.map((real, place) => (real ? places.indexOf(pair * longest + place) : -1)),
  );
  return {
    ids: int32([...places.map((place) => ids.flat()[place]), ...spare]),
    places: int32([...places, ...spare.map(() => 0)]),
    tokens: tf.tensor2d(tokens, [pairs, longest], 'int32'),
  };
}

test('the queries of padded pairs; texts are of several lengths', () => {
  expect(new Set(mask.map((row) => row.join(''))).size).toBeGreaterThan(1);
  expect(encodePackedPairs(w, config, image, packed())).toBeAllclose(padded);
});

test('compiled too', () => {
  const found = compile((features: Tensor, texts: PackedTexts) =>
    encodePackedPairs(w, config, readImage(w, config, features), texts),
  )(batch.image, packed());
  expect(found).toBeAllclose(padded);
});

test('rows that belong to no text change nothing, to the bit', () => {
  const [some, others] = [
    [7, 7, 7],
    [9, 8, 9],
  ].map((spare) => encodePackedPairs(w, config, image, packed(spare)));
  expect(some.dataSync()).toEqual(others.dataSync());
  expect(some).toBeAllclose(padded);
});

test('one image for all texts, and a pair that has none', () => {
  const one = readImage(w, config, batch.image.slice([1, 0, 0], [1, -1, -1]));
  const texts = packed();
  const none = tf.fill([1, longest], -1, 'int32');
  const found = encodePackedPairs(w, config, one, { ...texts, tokens: tf.concat([texts.tokens, none], 0) });
  const repeated = readImage(w, config, tf.tile(batch.image.slice([1, 0, 0], [1, -1, -1]), [pairs, 1, 1]));
  const expected = encodePair(w, config, repeated, { ids: batch.textIds, mask: batch.textMask }).queries!;
  expect(found.shape).toEqual([pairs + 1, ...expected.shape.slice(1)]);
  expect(found.slice([0, 0, 0], [pairs, -1, -1])).toBeAllclose(expected);
});

test('one block is the first and the last', () => {
  const short = { ...config, qformer: { ...config.qformer, numHiddenLayers: 1 } };
  const memory = readImage(w, short, batch.image);
  const expected = encodePair(w, short, memory, { ids: batch.textIds, mask: batch.textMask }).queries!;
  expect(encodePackedPairs(w, short, memory, packed())).toBeAllclose(expected);
});

test('texts go no further than the attention of the last block', () => {
  const last = `qformer.encoder.layer.${config.qformer.numHiddenLayers - 1}.`;
  const needed = Object.entries(parameters).filter(
    ([name]) => !name.startsWith(`${last}intermediate.`) && !name.startsWith(`${last}output.`),
  );
  expect(needed.length).toBeLessThan(Object.keys(parameters).length);
  const found = encodePackedPairs(new Weights(Object.fromEntries(needed)), config, image, packed());
  expect(found).toBeAllclose(padded);
});
