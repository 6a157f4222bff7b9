/** A stage-1 Q-Former that starts from the weights of a BERT folder. */
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openRun, stage1 } from '../../packages/core/src/recipes';
import { recordOf, train } from '../../packages/core/src/train';
import { randomBert } from './bert';
import { randomTower, SMALL, smallShapes } from './tower';

const data = smallShapes();
const tower = randomTower();
const runsDir = mkdtempSync(join(tmpdir(), 'blip2-initialise-'));

const recipeFrom = (bert: string) => stage1({ data, tower, ...SMALL, initialise: { bert } });

async function prepared(recipe: ReturnType<typeof stage1>) {
  const task = await recipe.prepare({ training: recipe.training, runsDir, note: () => undefined });
  return task.parameters.snapshot();
}

describe('stage 1 that starts from a BERT', () => {
  const bert = randomBert();
  const queryKey = 'attention.attention.key.weight';

  test('has its attention, feed-forwards and embeddings; cross-attention and queries are drawn as ever', async () => {
    const [started, drawn] = [
      await prepared(recipeFrom(bert.dir)),
      await prepared(stage1({ data, tower, ...SMALL })),
    ];
    const layer = (name: string) => `bert.encoder.layer.1.${name}`;
    const own = (name: string) => started[`qformer.encoder.layer.1.${name}`].data;
    expect(own(queryKey)).toEqual(bert.tensors[layer('attention.self.key.weight')].data);
    for (const suffix of ['', '_query']) {
      expect(own(`intermediate${suffix}.dense.weight`)).toEqual(
        bert.tensors[layer('intermediate.dense.weight')].data,
      );
    }
    const words = started['embeddings.word_embeddings.weight'].data;
    expect(words.slice(0, 276 * 16)).toEqual(bert.tensors['bert.embeddings.word_embeddings.weight'].data);
    const positions = bert.tensors['bert.embeddings.position_embeddings.weight'].data;
    expect(started['embeddings.position_embeddings.weight'].data).toEqual(positions.slice(0, 32 * 16));
    for (const name of [
      'query_tokens',
      'qformer.encoder.layer.0.crossattention.attention.key.weight',
      'itm_head.weight',
    ]) {
      expect(started[name], name).toEqual(drawn[name]);
    }
  });

  test('the recipe is named by the weights, not by where they lie', () => {
    const hash = (dir: string) => recordOf(recipeFrom(dir)).hash;
    const copy = mkdtempSync(join(tmpdir(), 'blip2-bert-'));
    cpSync(bert.dir, copy, { recursive: true });
    expect(hash(copy)).toBe(hash(bert.dir));
    expect(hash(randomBert({}, 2).dir)).not.toBe(hash(bert.dir));
    expect(hash(bert.dir)).not.toBe(recordOf(stage1({ data, tower, ...SMALL })).hash);
  });

  test('the run comes back without the BERT', async () => {
    const { dir } = await train(recipeFrom(bert.dir), { runsDir, progress: false, steps: 2 });
    expect(openRun(dir, { tower, runsDir, stages: ['stage1'] })).toMatchObject({ step: 2 });
  });

  test('every size that does not fit is named', async () => {
    const other = randomBert({
      hiddenSize: 24,
      numHiddenLayers: 1,
      maxPositionEmbeddings: 8,
      vocabSize: 300,
    });
    await expect(prepared(recipeFrom(other.dir))).rejects.toThrow(
      /qformer\.width is 16, BERT's 24; qformer\.layers is 2, BERT's 1; the tokenizer has 277 words, BERT 300; maxTextLength is 32, BERT's 8/,
    );
    expect(() => recipeFrom(join(runsDir, 'none'))).toThrow(/no folder/);
  });
});
