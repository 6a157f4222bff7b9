/** What is recorded of a finished BLIP-2: its queries, and its language model's attention on them as it writes. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readAttentionBundle, type AttentionBundle } from '../../packages/core/src/attention';
import { fromBase64 } from '../../packages/core/src/attention/numbers';
import { Blip2 } from '../../packages/core/src/inference';
import { blip2Prompt, languageWeights, softPrompts } from '../../packages/core/src/models';
import { Weights } from '../../packages/core/src/nn';
import { asBlip2, saveBlip2, stage1, stage2, vqa } from '../../packages/core/src/recipes';
import { allWeights } from '../../packages/core/src/recipes/generatingModel';
import { tf, type Tensor } from '../../packages/core/src/runtime';
import { train } from '../../packages/core/src/train';
import '../support/allclose';
import { randomOpt, randomT5 } from '../recipes/language';
import { randomTower, SMALL, smallShapes } from '../recipes/tower';

const tower = randomTower();
const data = smallShapes();
const runsDir = mkdtempSync(join(tmpdir(), 'blip2-attend-'));
const options = { runsDir, progress: false as const };
const { projection: _, ...qformer } = SMALL.qformer;
const { test: split } = data;
const PICTURE = 3;
const raw = { width: split.imageSize, height: split.imageSize, data: split.pixels(PICTURE) };
const question = 'what color is the circle?';
const generation = { numBeams: 2, maxNewTokens: 5 };
const sources = ['rollout', 'gradients'] as const;

const numbers = (text: string) => tf.tensor1d(fromBase64(text));
const total = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0);

function expectWhole(bundle: AttentionBundle): void {
  expect(readAttentionBundle(JSON.parse(JSON.stringify(bundle)))).toEqual(bundle);
  const { queries, heads } = bundle;
  for (const { heat, cls } of bundle.layers) {
    expect(total(fromBase64(heat)) + total(fromBase64(cls))).toBeCloseTo(heads * queries, 3);
  }
}

describe.each([
  ['OPT', randomOpt()],
  ['T5', randomT5()],
])('a BLIP-2 with %s', async (name, language) => {
  const run = await train(stage2({ ...SMALL, qformer, data, tower, language }), { ...options, steps: 3 });
  const { model } = run;
  const dir = join(runsDir, name);
  saveBlip2(dir, model);
  const w = allWeights({ weights: new Weights(model.parameters.readAll()), language });

  /** One uncompiled pass over exactly the prompt and the text, without padding: [B, heads, T, Q] of each block. */
  async function expected(prompt: string, tokenIds: number[]): Promise<Tensor[]> {
    const blip = model.parts.model;
    const values = await (
      model as unknown as {
        features(of: typeof split): Promise<{ shape: number[]; gather(i: number[]): Float32Array }>;
      }
    ).features(split);
    const features = tf.tensor(values.gather([PICTURE]), [1, ...values.shape]);
    const ids = language.tokenizer.encode(prompt);
    const text = {
      ids: tf.tensor2d([ids], undefined, 'int32'),
      mask: tf.onesLike(tf.tensor2d([ids], undefined, 'int32')),
    };
    const read = blip2Prompt(w, blip, softPrompts(w, blip, features), text);
    const target = tf.tensor2d([tokenIds], undefined, 'int32');
    return blip.language
      .attentions(languageWeights(w), read, target)
      .map((map) => map.slice([0, 0, 0, 0], [-1, -1, -1, SMALL.queries]));
  }

  test('a caption: its tokens, and the attention of each on the queries, as one plain pass gives it', async () => {
    const loaded = await Blip2.load(dir);
    const bundle = await loaded.attend(raw, { caption: true, generation, sources });
    const said = await loaded.caption(raw, generation);
    const before = tf.memory().numTensors;
    await loaded.attend(raw, { caption: true, generation, sources });
    expect(tf.memory().numTensors).toBe(before);
    expectWhole(bundle);
    const { prompt, tokens, heads, layers } = bundle.generated!;
    expect(prompt).toBe(name === 'OPT' ? '' : 'a');
    const kept = said.finished && said.tokenIds.length > 1 ? said.tokenIds.slice(0, -1) : said.tokenIds;
    expect(tokens).toHaveLength(kept.length);
    const maps = await expected(prompt, kept);
    expect(layers).toHaveLength(maps.length);
    layers.forEach(({ toQueries }, i) => {
      expect(maps[i].shape).toEqual([1, heads, tokens.length, SMALL.queries]);
      expect(numbers(toQueries)).toBeAllclose(maps[i].reshape([-1]), { atol: 1e-5 });
    });
    expect(bundle.gradientOf).toBe('log-probability of the caption');
    expect(bundle.gradients!.map(({ layer }) => layer)).toEqual(bundle.layers.map(({ layer }) => layer));
    expect(bundle.gradients!.some(({ heat }) => total(fromBase64(heat)) > 0)).toBe(true);
    expect(total(fromBase64(bundle.rollout!.heat)) + total(fromBase64(bundle.rollout!.cls))).toBeCloseTo(
      SMALL.queries,
      4,
    );
    loaded.dispose();
  });

  test('an answer and a prompt’s continuation; pictures of a split, many at once', async () => {
    const asked = await model.attend(split, [PICTURE, 0], undefined, { question, generation });
    for (const bundle of asked) {
      expectWhole(bundle);
      expect(bundle.generated!.prompt).toContain('what color is the circle');
      expect(bundle.text).toBeUndefined();
    }
    const blip = asBlip2(model);
    const alone = await blip.attend(raw, { question, generation });
    expect(alone.generated!.tokens).toEqual(asked[0].generated!.tokens);
    expect(numbers(alone.generated!.layers[1].toQueries)).toBeAllclose(
      numbers(asked[0].generated!.layers[1].toQueries),
      { atol: 1e-5 },
    );
    const further = await blip.attend(raw, { prompt: 'a small', generation: { maxNewTokens: 2 } });
    expect(further.generated).toMatchObject({ prompt: 'a small' });
    expect(further.gradients).toBeUndefined();
    const [plain] = await model.attend(split, [PICTURE]);
    expect(Object.keys(plain).sort()).toEqual(['format', 'grid', 'heads', 'image', 'layers', 'queries']);
    await expect(blip.attend(raw, { sources: ['gradients'] })).rejects.toThrow('Gradients are of something');
    await expect(blip.attend(raw, question)).rejects.toThrow('read the image alone');
    blip.dispose();
  });

  test('stored in 16 bit it has gradients too', async () => {
    const half = await Blip2.load(dir, { dtype: 'bfloat16' });
    const bundle = await half.attend(raw, { caption: true, generation, sources });
    expectWhole(bundle);
    expect(bundle.gradients!.some(({ heat }) => total(fromBase64(heat)) > 0)).toBe(true);
    half.dispose();
  });
});

describe('with texts beside the queries', async () => {
  const language = randomOpt();
  const first = await train(stage1({ ...SMALL, data, tower }), { ...options, steps: 1 });
  const second = await train(stage2({ ...SMALL, qformer, data, tower, language }), { ...options, steps: 1 });
  const { queries: _queries, qformer: _qformer, ...loop } = SMALL;
  const tuned = await train(vqa({ data, from: second, stage1: first, ...loop }), { ...options, steps: 1 });

  test.each(['itm', 'itg'] as const)('stage 1, %s: each text’s own tokens', async (objective) => {
    const texts = ['a red circle', 'a small blue square above a star'];
    const bundles = await first.model.attend(split, [0, 1], texts, { objective, sources });
    bundles.forEach((bundle, i) => {
      expectWhole(bundle);
      expect(bundle.text).toBe(texts[i]);
      const { text, layers } = bundle.tokens!;
      expect(text[0]).toBe(objective === 'itm' ? '[CLS]' : '[DEC]');
      expect(text.slice(1, -1).join('').trim()).toBe(texts[i]);
      expect(text.at(-1)!.trim()).toBe('[SEP]');
      expect(layers).toHaveLength(SMALL.qformer.layers);
    });
    expect(bundles[0].gradientOf).toMatch(objective === 'itm' ? 'ITM score' : 'log-probability of the text');
    const [alone] = await first.model.attend(split, [1], texts.slice(1), { objective });
    expect(numbers(alone.tokens!.layers[1].toQueries)).toBeAllclose(
      numbers(bundles[1].tokens!.layers[1].toQueries),
      { atol: 1e-5 },
    );
    await expect(first.model.attend(split, [0], undefined, { sources })).rejects.toThrow('score of a text');
  });

  test('a model that reads questions: the question’s tokens, and what it answers', async () => {
    const blip = asBlip2(tuned.model);
    const beside = await blip.attend(raw, question);
    expectWhole(beside);
    expect(beside.tokens!.text.map((token) => token.trim())).toEqual(
      expect.arrayContaining(['[CLS]', 'what', 'circle', '[SEP]']),
    );
    expect(beside.generated).toBeUndefined();
    const answered = await blip.attend(raw, { question, generation, sources });
    expect(answered.text).toBe(question);
    expect(answered.layers).toEqual(beside.layers);
    expect(answered.tokens).toEqual(beside.tokens);
    expect(answered.gradientOf).toBe('log-probability of the answer');
    const [same] = await tuned.model.attend(split, [PICTURE], [question]);
    expect(numbers(same.tokens!.layers[0].toQueries)).toBeAllclose(
      numbers(beside.tokens!.layers[0].toQueries),
      {
        atol: 1e-4,
      },
    );
    await expect(blip.attend(raw, { text: question, caption: true })).rejects.toThrow(
      'something to be written',
    );
    blip.dispose();
  });
});
