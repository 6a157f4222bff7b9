/** Recall of several captions per image, by ITC and re-ranked by ITM, equals LAVIS's (retrieval.safetensors). */
import { expect, test } from 'vitest';
import type { ImageTextSplit } from '../../packages/core/src/data';
import {
  evaluateRetrieval,
  ranks,
  recall,
  transpose,
  transposeRelevance,
  type Recall,
} from '../../packages/core/src/evaluate';
import { Fixture } from '../support/fixtures';

/** R@1, R@5, R@10 of image→text and of text→image. */
type Recalls = [number[], number[]];

interface Config {
  pools: { captions: number[]; k: number; ITC: Recalls; ITM: Recalls }[];
  tied: { captions: number[]; scores: string[]; recall: Recalls }[];
}

const fixture = new Fixture('retrieval');
const { pools, tied } = fixture.config<Config>();
const short = ({ r1, r5, r10 }: Recall) => [r1, r5, r10];

/** Captions that all read alike: the standard protocol tells them apart. */
const split = (counts: number[]): ImageTextSplit => ({
  name: 'test',
  size: counts.length,
  imageSize: 1,
  identity: {},
  id: String,
  pixels: () => new Uint8Array(3),
  captions: (index) => Array.from({ length: counts[index] }, () => 'a picture'),
});

test.each(pools.map((pool, n) => [n, pool] as const))(
  'pool %i: similarities and matching logits give its recall',
  async (n, { captions, k, ITC, ITM }) => {
    const similarities = fixture.values(`${n}.similarities`);
    const logits = fixture.values(`${n}.logits`);
    const columns = logits.shape[1];
    const model = {
      encodePool: async () => ({
        similarities: similarities.data,
        matchLogits: async (images: Int32Array, texts: Int32Array) =>
          Float32Array.from(images, (image, pair) => logits.data[image * columns + texts[pair]]),
      }),
    };
    const result = await evaluateRetrieval(model, split(captions), {
      k,
      equalTexts: 'apart',
      ties: 'laterFirst',
    });
    expect(result).toMatchObject({ images: captions.length, texts: columns });
    expect(result.rows.map(short)).toEqual([...ITC, ...ITM]);
  },
);

test('equal scores: the later column first, as a stable numpy.argsort reversed', () => {
  for (const { captions, scores: lines, recall: expected } of tied) {
    const columns = lines[0].length;
    const scores = {
      rows: captions.length,
      columns,
      values: Float32Array.from(lines.join(''), Number),
    };
    let text = 0;
    const relevant = captions.map((count) => Array.from({ length: count }, () => text++));
    const found = [
      ranks(scores, relevant, 'laterFirst'),
      ranks(transpose(scores), transposeRelevance(relevant, columns), 'laterFirst'),
    ];
    expect(found.map((ranked) => short(recall(ranked)))).toEqual(expected);
  }
});
