/** Generation against transformers' generate() (test/fixtures/make/generate.py): token ids equal, scores close. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { configFromDisk, type JsonObject } from '../../packages/core/src/checkpoints';
import { TokenGenerator, type GenerationOptions } from '../../packages/core/src/generate';
import { candidatesOf } from '../../packages/core/src/generate/selection';
import { OPT, T5, type LanguageTower, type Prompt } from '../../packages/core/src/models';
import { Weights } from '../../packages/core/src/nn';
import { tf, type Tensor } from '../../packages/core/src/runtime';
import '../support/allclose';
import { Fixture } from '../support/fixtures';

type Text = [tokenIds: number[], score: number];

interface Case {
  prompt: string;
  options: GenerationOptions;
  texts: Text[][];
}

interface Model {
  config: JsonObject & { decoder_start_token_id?: number };
  prompts: Record<string, { ids: number[][]; soft?: boolean }>;
  cases: Case[];
}

const fixture = new Fixture('generate');
const path = join(import.meta.dirname, '..', 'fixtures', 'generate.json.gz');
const { models, filters } = JSON.parse(gunzipSync(readFileSync(path)).toString()) as {
  models: Record<string, Model>;
  filters: { temperature: number; topK: number; topP: number }[];
};

/** Padded where the architecture wants it; soft prompts come first. */
function promptOf(tower: LanguageTower, w: Weights, ids: number[][], soft?: Tensor): Prompt {
  const length = Math.max(...ids.map((row) => row.length));
  const isLeft = tower.architecture === 'decoder-only';
  const pad = (row: number[], filler: number) => {
    const padding = new Array<number>(length - row.length).fill(filler);
    return isLeft ? [...padding, ...row] : [...row, ...padding];
  };
  const words = tf.tensor2d(ids.map((row) => pad(row, tower.tokens.pad)), [ids.length, length], 'int32'); // prettier-ignore
  const mask = tf.tensor2d(ids.map((row) => pad(row.map(() => 1), 0)), [ids.length, length], 'int32'); // prettier-ignore
  const embeddings = tower.embed(w, words);
  if (!soft) return { embeddings, mask };
  return {
    embeddings: tf.concat([soft, embeddings], 1),
    mask: tf.concat([tf.ones([ids.length, soft.shape[1]!], 'int32'), mask], 1),
  };
}

describe.each(Object.entries(models))('%s', (name, { config, prompts, cases }) => {
  const read = configFromDisk(config);
  const tower = name.startsWith('opt') ? OPT.build(OPT.readConfig(read)) : T5.build(T5.readConfig(read));
  const w = new Weights(fixture.tensors(`${name}.w.`));
  const generator = new TokenGenerator(tower, w, { padTokenId: tower.tokens.pad });
  afterAll(() => generator.dispose());

  /** What transformers counts as text before the first new token. */
  const historyOf = ({ ids, soft }: Model['prompts'][string]): number[][] | undefined => {
    if (tower.architecture === 'encoder-decoder') return ids.map(() => [config.decoder_start_token_id!]);
    return soft ? undefined : ids;
  };

  test.each(cases.map((item, i) => ({ i, ...item })))(
    '$i: $prompt $options',
    async ({ prompt: key, options, texts }) => {
      const prompt = prompts[key];
      const soft = prompt.soft ? fixture.tensor(`${name}.soft.${key}`) : undefined;
      const found = await generator.generate(promptOf(tower, w, prompt.ids, soft), {
        ...options,
        history: historyOf(prompt),
      });
      expect(found.map((rows) => rows.map(({ tokenIds }) => tokenIds))).toEqual(
        texts.map((rows) => rows.map(([tokenIds]) => tokenIds)),
      );
      const scores = texts.flat().map(([, score]) => score);
      found.flat().forEach(({ score }, i) => {
        // Sums are float32 on both sides, and a length penalty below 0 multiplies them.
        const error = Math.abs(score - scores[i]) / Math.max(1, Math.abs(scores[i]));
        expect(error).toBeLessThan(1e-5);
      });
    },
  );
});

test('the cases cover what can be said, and texts end', () => {
  const all = Object.values(models).flatMap(({ cases }) => cases);
  expect(all.length).toBeGreaterThanOrEqual(200);
  const values = (name: keyof GenerationOptions) => new Set(all.map(({ options }) => options[name]));
  expect([...values('numBeams')].sort()).toEqual([1, 2, 3, 4, 5]);
  expect(values('earlyStopping')).toEqual(new Set([undefined, false, true, 'never']));
  expect(values('lengthPenalty').size).toBe(7);
  for (const name of ['minNewTokens', 'repetitionPenalty', 'noRepeatNgramSize'] as const) {
    expect(values(name).size, name).toBeGreaterThan(3);
  }
  const ended = all.filter(({ options, texts }) =>
    texts.flat().some(([ids]) => (options.eosTokenId as number[]).includes(ids.at(-1)!)),
  );
  expect(ended.length).toBeGreaterThan(all.length / 4);
});

test.each(filters.map((filter, i) => ({ i, ...filter })))(
  'logits left by temperature $temperature, top-k $topK, top-p $topP',
  ({ i, temperature, topK, topP }) => {
    const logits = fixture.tensor('filter.logits');
    const sampling = { temperature: tf.scalar(temperature), topP: tf.scalar(topP < 1 ? topP : 2) };
    const { values, ids } = candidatesOf(logits, topK || Infinity, sampling);
    const left = tf.fill(logits.shape, -Infinity).arraySync() as number[][];
    const [kept, columns] = [values, ids].map((x) => x.arraySync() as number[][]);
    columns.forEach((row, r) => row.forEach((id, j) => (left[r][id] = kept[r][j])));
    const expected = fixture.tensor(`filter.${i}`).arraySync() as number[][];
    left.forEach((row, r) =>
      row.forEach((value, id) => {
        if (expected[r][id] === -Infinity) expect(value).toBe(-Infinity);
        else expect(value).toBeCloseTo(expected[r][id], 4);
      }),
    );
  },
);
