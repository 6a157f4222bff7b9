/** What is recorded of a folder of a BLIP-2 that scores pairs: the maps of one pass, run here without compiling. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readAttentionBundle, type AttentionBundle } from '../../packages/core/src/attention';
import { fromBase64 } from '../../packages/core/src/attention/numbers';
import { encodePng } from '../../packages/core/src/image';
import { Blip2Retrieval } from '../../packages/core/src/inference';
import { attendTo } from '../../packages/core/src/recipes';
import { tf, type Tensor } from '../../packages/core/src/runtime';
import '../support/allclose';
import { blip2 } from '../cli/run';
import { folderOf, picturesOf, root } from '../support/folders';
import { retrievalPass } from '../support/retrievalPass';

const dir = folderOf('itm-new');
const [, picture] = picturesOf('itm-new');
const text = 'a red circle above a blue square';
const model = await Blip2Retrieval.load(dir);
afterAll(() => model.dispose());

/** [1, H, Q, 1 + P] of a bundle's block. */
function mapOf({ layers, heads, queries }: AttentionBundle, layer: number): Tensor {
  const found = layers.find((one) => one.layer === layer)!;
  const [heat, cls] = [fromBase64(found.heat), fromBase64(found.cls)];
  return tf.concat(
    [tf.tensor(cls, [1, heads, queries, 1]), tf.tensor(heat, [1, heads, queries, heat.length / cls.length])],
    3,
  );
}

test.each([[undefined], [text]])(
  'the maps beside %j are those of the pass that scores pairs',
  async (beside) => {
    const bundle = await model.attend(picture, { text: beside });
    const { crossAttentions, selfAttentions } = await retrievalPass(dir, picture, beside);
    expect(bundle.layers.map(({ layer }) => layer)).toEqual(Object.keys(crossAttentions).map(Number));
    for (const { layer } of bundle.layers) {
      expect(mapOf(bundle, layer)).toBeAllclose(crossAttentions[layer], { atol: 1e-5 });
    }
    expect(bundle.text).toBe(beside);
    if (beside === undefined) return expect(bundle.tokens).toBeUndefined();
    const { text: tokens, layers } = bundle.tokens!;
    expect(tokens.slice(0, 3)).toEqual(['[CLS]', ' a', ' red']);
    for (const { layer, toQueries } of layers) {
      const whole = selfAttentions[layer];
      const expected = whole.slice([0, 0, bundle.queries, 0], [-1, -1, tokens.length, bundle.queries]);
      expect(tf.tensor(fromBase64(toQueries), expected.shape)).toBeAllclose(expected, { atol: 1e-5 });
    }
  },
);

test('further sources, of a text alone where they are gradients; nothing is left behind', async () => {
  const sources = ['rollout', 'gradients'] as const;
  const ask = () => model.attend(picture, { text, sources });
  const bundle = await ask();
  expect(readAttentionBundle(JSON.parse(JSON.stringify(bundle)))).toEqual(bundle);
  expect(bundle).toMatchObject({ gradientOf: 'ITM score of the text', text });
  const before = tf.memory().numTensors;
  await ask();
  expect(tf.memory().numTensors).toBe(before);
  await expect(model.attend(picture, { sources })).rejects.toThrow(/Gradients are of the score of a text/);
});

test('blip2 attend takes such a folder, and says that it has no language model', async () => {
  const [image, out] = [join(root, 'picture.png'), join(root, 'attention.json')];
  writeFileSync(image, (await encodePng(picture)).png);
  const { code, stderr } = await blip2('attend', '--model', dir, image, '--text', text, '--out', out);
  expect(code, stderr).toBe(0);
  const direct = await model.attend(image, { text });
  expect(await attendTo(dir, image, { text })).toEqual(direct);
  const asked = await blip2('attend', '--model', dir, image, '--question', 'what is it?', '--out', out);
  expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('no language model')]);
});
