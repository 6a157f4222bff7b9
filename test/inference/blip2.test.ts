/** A finished BLIP-2: what a run of stage 2 says, its folder says too, token by token, about any image. */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { encodePng } from '../../packages/core/src/image';
import { Blip2 } from '../../packages/core/src/inference';
import { askingBlip2, evaluateVqa } from '../../packages/core/src/evaluate';
import { asBlip2, saveBlip2, stage2 } from '../../packages/core/src/recipes';
import { tf } from '../../packages/core/src/runtime';
import { train } from '../../packages/core/src/train';
import { randomOpt, randomT5 } from '../recipes/language';
import { randomTower, SMALL, smallShapes } from '../recipes/tower';

const tower = randomTower();
const data = smallShapes();
const root = mkdtempSync(join(tmpdir(), 'blip2-inference-'));
const { projection: _, ...qformer } = SMALL.qformer;
const { test: split } = data;
const raw = { width: split.imageSize, height: split.imageSize, data: split.pixels(3) };
const question = 'what color is the circle?';
const short = { numBeams: 2, maxNewTokens: 4 };

describe.each([
  ['OPT', randomOpt()],
  ['T5', randomT5()],
])('a BLIP-2 with %s', async (name, language) => {
  const recipe = stage2({ ...SMALL, qformer, data, tower, language });
  const { model } = await train(recipe, { runsDir: root, progress: false, steps: 30, learningRate: 1e-2 });
  const dir = join(root, name);
  saveBlip2(dir, model);

  test('says from its folder what it said in its run', async () => {
    const loaded = await Blip2.load(dir);
    const indices = [3];
    const [[caption]] = await model.caption(split, indices, short);
    const own = await loaded.caption(raw, short);
    expect(own.tokenIds).toEqual(caption.tokenIds);
    expect(own.text).toBe(caption.text);
    // Pictures of a split are encoded in batches, which rounds otherwise.
    expect(own.score).toBeCloseTo(caption.score, 4);
    const [[text]] = await model.generate(split, indices, ['a small'], short);
    expect((await loaded.generate(raw, 'a small', short)).tokenIds).toEqual(text.tokenIds);
    const [answer] = await model.answer(split, indices, [question], short);
    expect((await loaded.answer(raw, question, short)).text).toBe(answer);

    const asked = { limit: 4, generation: { numBeams: 1, maxNewTokens: 3 } };
    const { answers } = await evaluateVqa(askingBlip2(loaded), split, asked);
    expect(answers).toEqual((await evaluateVqa(model, split, asked)).answers);
    loaded.dispose();
  });

  test('reads a file, its bytes and raw pixels alike; asked in its run, it says the same', async () => {
    const { png } = await encodePng(raw);
    const path = join(root, 'picture.png');
    writeFileSync(path, png);
    const loaded = asBlip2(model);
    const texts = [await loaded.caption(raw, short)];
    const before = tf.memory().numTensors;
    for (const image of [png, path]) texts.push(await loaded.caption(image, short));
    expect(texts[1]).toEqual(texts[0]);
    expect(texts[2]).toEqual(texts[0]);
    expect(tf.memory().numTensors).toBe(before);
    writeFileSync(path, png.subarray(0, 40));
    await expect(loaded.caption(path)).rejects.toThrow(/picture\.png cannot be decoded/);
    await expect(loaded.caption(join(root, 'none.png'))).rejects.toThrow(/No image at .*none\.png/);
    loaded.dispose();
  });

  test('attention of every query: probabilities over class token and patches', async () => {
    const loaded = await Blip2.load(dir);
    const bundle = await loaded.attend(raw);
    const side = tower.imageSize / tower.patchSize;
    expect(bundle).toMatchObject({ queries: SMALL.queries, grid: { rows: side, columns: side } });
    const numbers = (text: string) => new Float32Array(new Uint8Array(Buffer.from(text, 'base64')).buffer);
    const sum = (values: Float32Array) => values.reduce((total, value) => total + value, 0);
    for (const { heat, cls } of bundle.layers) {
      expect(sum(numbers(heat)) + sum(numbers(cls))).toBeCloseTo(bundle.heads * bundle.queries, 3);
    }
    loaded.dispose();
  });

  test('in 16 bit the folder is smaller, and speaks', async () => {
    const half = `${dir}-16`;
    saveBlip2(half, model, { dtype: 'bfloat16' });
    const size = (folder: string) => statSync(join(folder, 'model.safetensors')).size;
    expect(size(half)).toBeLessThan(0.75 * size(dir));
    const loaded = await Blip2.load(half);
    expect((await loaded.caption(raw, short)).tokenIds.length).toBeGreaterThan(0);
    loaded.dispose();
  });
});

test('what is no model folder, and what has a wrong processor, is named', async () => {
  await expect(Blip2.load(join(root, 'nothing'))).rejects.toThrow(/There is no folder/);
  await expect(Blip2.load(root)).rejects.toThrow(/holds no config\.json/);
  const broken = mkdtempSync(join(tmpdir(), 'blip2-broken-'));
  const files = ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];
  for (const file of files.filter((one) => existsSync(join(root, 'OPT', one)))) {
    copyFileSync(join(root, 'OPT', file), join(broken, file));
  }
  const processor = JSON.parse(readFileSync(join(root, 'OPT', 'preprocessor_config.json'), 'utf8')) as object;
  const write = (changes: object) =>
    writeFileSync(join(broken, 'preprocessor_config.json'), JSON.stringify({ ...processor, ...changes }));
  write({ size: { height: 4, width: 8 } });
  await expect(Blip2.load(broken)).rejects.toThrow(/preprocessor_config\.json: size: 8×4 is no square/);
  write({ image_mean: [1, 2] });
  await expect(Blip2.load(broken)).rejects.toThrow(/image_mean/);
});
