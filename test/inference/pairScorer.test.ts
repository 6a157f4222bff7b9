/** Many texts beside an image: what each is alone, padded, with keys and values of its own. */
import { afterAll, expect, test } from 'vitest';
import { Blip2Retrieval } from '../../packages/core/src/inference';
import { encodePair, imageTextMatchingLogits, readImage } from '../../packages/core/src/models';
import { tf, type Tensor } from '../../packages/core/src/runtime';
import '../support/allclose';
import { folderOf, picturesOf } from '../support/folders';

const model = await Blip2Retrieval.load(folderOf('itm-new'));
const { scorer } = model;
const [, picture] = picturesOf('itm-new');
afterAll(() => model.dispose());

/** More than one batch, of lengths that differ. */
const texts = Array.from(
  { length: 37 },
  (_, i) => `a red circle${' above a blue square'.repeat((i * 7) % 5)}`,
);
const all = texts.map((_, i) => i);

/** Logits of pairs that are padded, [texts, 2], uncompiled. */
function padded(features: Tensor, most?: number): Tensor {
  const { weights, model: parts } = model.parts;
  return tf.tidy(() => {
    const w = weights();
    const memory = readImage(w, parts.config, tf.tile(features, [texts.length, 1, 1]));
    const { queries } = encodePair(w, parts.config, memory, scorer.texts(texts, most).padded(all));
    return imageTextMatchingLogits(w, queries!);
  });
}

test.each([undefined, 7])(
  'the logits of padded pairs, in the order asked for; texts of at most %s tokens',
  async (most) => {
    const features = await scorer.features([picture]);
    const table = scorer.texts(texts, most);
    const longest = Math.max(...all.map((text) => table.length(text)));
    expect(longest).toBe(most ?? 20);
    const expected = padded(features, most);
    const found = await scorer.matchLogits(features, table, [...all].reverse());
    expect(tf.reverse(tf.tensor(found, [texts.length, 2]), 0)).toBeAllclose(expected, { atol: 1e-5 });
    const spread = tf.max(expected, 0).sub(tf.min(expected, 0)).dataSync();
    expect(Math.min(...spread)).toBeGreaterThan(1e-3);
  },
);

test('probabilities of the model are those of the logits; nothing is left behind', async () => {
  const features = await scorer.features([picture]);
  const [, match] = tf.split(tf.softmax(padded(features)), 2, 1);
  const before = tf.memory().numTensors;
  const { itm } = await model.score([picture], texts);
  expect(tf.memory().numTensors).toBe(before);
  expect(tf.tensor(itm[0])).toBeAllclose(match.flatten(), { atol: 1e-6 });
});
