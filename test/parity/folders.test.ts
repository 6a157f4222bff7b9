/** Whole folders, of every kind that the hub has, against transformers (test/fixtures/make/folders.py). */
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { configToDisk, fromPretrained, type JsonObject } from '../../packages/core/src/checkpoints';
import { Blip2, Blip2Retrieval, processImages, readImageProcessor } from '../../packages/core/src/inference';
import {
  BLIP2,
  blip2Prompt,
  languageWeights,
  softPrompts,
  type Prompt,
} from '../../packages/core/src/models';
import { halfMethods, tf } from '../../packages/core/src/runtime';
import { fixture, folderOf, picturesOf, root } from '../support/folders';
import { expectParity } from '../support/parity';

interface Facts {
  cases?: { prompt: string; options: Record<string, number | boolean>; texts: (number[] | null)[] }[];
  texts?: string[];
}

const facts = fixture.config<Record<string, Facts>>();

/** Of scores: units that multiply float16 as such round rows and results to it. */
const SCORES = halfMethods('float16').many === 'units' ? 2e-3 : 1e-4;

/** `num_beams` → `numBeams` */
const camel = (options: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(options).map(([key, value]) => [
      key.replace(/_(.)/g, (_, c: string) => c.toUpperCase()),
      value,
    ]),
  );

describe.each(Object.entries(facts).flatMap(([name, { cases }]) => (cases ? [[name, cases] as const] : [])))(
  '%s',
  async (name, cases) => {
    const dir = folderOf(name);
    const images = picturesOf(name);

    test('what the queries say, and the first logits after a prompt', async () => {
      const { model, weights, dispose } = fromPretrained(dir, BLIP2);
      const processor = readImageProcessor(dir, model.vision.imageSize);
      const { size } = processor;
      expect(size).toBe(images[0].width);
      const pixels = tf.tensor4d(await processImages(processor, images), [images.length, size, size, 3]);
      const soft = softPrompts(weights, model, model.vision.features(weights, pixels));
      expectParity(soft, fixture.tensor(`${name}.soft_prompts`), 'soft prompts');
      const row = fixture.tensor(`${name}.prompt_ids`);
      const ids = tf.tile(tf.expandDims(row), [images.length, 1]);
      const prompt: Prompt = blip2Prompt(weights, model, soft, { ids, mask: tf.onesLike(ids) });
      const logits = model.language.logits(
        languageWeights(weights),
        prompt,
        tf.zeros([images.length, 1], 'int32'),
      );
      expectParity(tf.squeeze(logits, [1]), fixture.tensor(`${name}.logits`), 'logits');
      dispose();
    });

    test('texts, greedy and by beams', async () => {
      const model = await Blip2.load(dir);
      for (const [n, { prompt, options, texts }] of cases.entries()) {
        const i = n % images.length;
        // The defaults of transformers' generate; where a text is null, rounding would decide.
        const given = { lengthPenalty: 1, ...camel(options) };
        const { tokenIds } = await model.generate(images[i], prompt, given);
        if (texts[i]) expect(tokenIds, JSON.stringify({ prompt, options, i })).toEqual(texts[i]);
      }
      model.dispose();
    }, 120_000);
  },
);

describe.each(Object.entries(facts).flatMap(([name, { texts }]) => (texts ? [[name, texts] as const] : [])))(
  '%s',
  (name, texts) => {
    const images = picturesOf(name);

    test('scores of every image with every text', async () => {
      const model = await Blip2Retrieval.load(folderOf(name));
      const { itc, itm } = await model.score(images, texts);
      for (const [kind, found] of [
        ['itc', itc],
        ['itm', itm],
      ] as const) {
        const { data } = fixture.values(`${name}.${kind}`);
        const worst = found.flat().reduce((most, value, i) => Math.max(most, Math.abs(value - data[i])), 0);
        expect(worst, kind).toBeLessThan(SCORES);
      }
      // One alone is what it is among others.
      const single = await model.score(images.slice(2, 3), texts.slice(1, 2));
      expect(Math.abs(single.itm[0][0] - itm[2][1])).toBeLessThan(SCORES / 10);
      expect(Math.abs(single.itc[0][0] - itc[2][1])).toBeLessThan(SCORES / 10);
      expect(await model.score([], texts)).toEqual({ itc: [], itm: [] });
      model.dispose();
    });
  },
);

test('each is told from the other', async () => {
  await expect(Blip2.load(folderOf('itm-new'))).rejects.toThrow(
    /is a BLIP-2 for retrieval, which writes no text/,
  );
  await expect(Blip2Retrieval.load(folderOf('opt-new'))).rejects.toThrow(/writes text; it has no scores/);
});

test('a config.json that is not', async () => {
  const dir = mkdtempSync(join(root, 'broken-'));
  cpSync(folderOf('opt-old'), dir, { recursive: true });
  const config = JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8')) as JsonObject;
  writeFileSync(join(dir, 'config.json'), JSON.stringify(configToDisk({ ...config, numQueryTokens: 9 })));
  await expect(Blip2.load(dir)).rejects.toThrow(
    /query_tokens \(pytorch_model\.bin\) has the shape \[1,7,24\]/,
  );
});
