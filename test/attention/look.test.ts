/** What is recorded of a pass of the Q-Former, on the model of test/fixtures/stage1 and its random weights. */
import { describe, expect, test } from 'vitest';
import { attentionRollout, lookAt, Looks, ofPicture } from '../../packages/core/src/attention';
import {
  attentionProbes,
  bidirectionalMask,
  decoderIds,
  embedText,
  encodePair,
  imageTextMatchingLogits,
  languageLogits,
  multimodalCausalMask,
  qformer,
  readImage,
  type Text,
} from '../../packages/core/src/models';
import { runEagerly, tf, type Tensor } from '../../packages/core/src/runtime';
import { pairLook, type PairObjective } from '../../packages/core/src/inference/pairLook';
import '../support/allclose';
import { batch, config, weights as w } from '../support/stage1';

const Q = config.qformer.numQueryTokens;
const text: Text = { ids: batch.textIds, mask: batch.textMask };
const lengths = (batch.textMask.arraySync() as number[][]).map((row) => row.reduce((a, b) => a + b));
const [B, P] = batch.image.shape as number[];
const look = (objective: PairObjective, beside: Text | undefined = text) =>
  pairLook(w, config, { objective, sources: ['rollout', 'gradients'] }, batch.image, beside);
const layers = (maps: Record<number, Tensor>) =>
  Object.entries(maps).map(([i, map]) => [Number(i), map] as const);

describe('text on queries', () => {
  test('is the pass of ITM, as image-text matching runs it', () => {
    const expected = encodePair(w, config, readImage(w, config, batch.image), text);
    const { tokens, maps } = look('itm');
    for (const [i, map] of layers(maps))
      expect(map).toBeAllclose(expected.crossAttentions[i], { atol: 1e-6 });
    expect(layers(tokens!)).toHaveLength(config.qformer.numHiddenLayers);
    for (const [i, map] of layers(tokens!)) {
      const whole = expected.selfAttentions[i];
      expect(tf.sum(whole, 3)).toBeAllclose(tf.onesLike(tf.sum(whole, 3)), { atol: 1e-5 });
      expect(map).toBeAllclose(whole.slice([0, 0, Q, 0], [-1, -1, -1, Q]), { atol: 1e-6 });
    }
  });

  test('in ITG no token knows a later one, and the queries know no text', () => {
    const row = 0;
    const place = 3;
    expect(lengths[row]).toBeGreaterThan(place + 1);
    const ids = batch.textIds.arraySync() as number[][];
    const other = tf.tensor2d(
      ids.map((line) => line.map((id, t) => (t === place ? (id % 30) + 5 : id))),
      undefined,
      'int32',
    );
    const [before, after] = [look('itg'), look('itg', { ...text, ids: other })];
    for (const [i, map] of layers(before.tokens!)) {
      const upTo = (x: Tensor) => x.slice([row, 0, 0, 0], [1, -1, place, Q]).dataSync();
      const itself = (x: Tensor) => x.slice([row, 0, place, 0], [1, -1, 1, Q]).dataSync();
      expect(upTo(after.tokens![i])).toEqual(upTo(map));
      expect(itself(after.tokens![i])).not.toEqual(itself(map));
    }
    const alone = lookAt(
      () => ({
        output: qformer(w, config.qformer, {
          queries: w.get('query_tokens'),
          image: readImage(w, config, batch.image),
        }),
      }),
      [],
      () => ({}),
    );
    for (const [i, map] of layers(before.maps)) expect(map).toBeAllclose(alone.maps[i], { atol: 1e-6 });
    expect(alone.tokens).toBeUndefined();
  });
});

test.each(['itm', 'itg'] as const)('%s: compiled is uncompiled, picture by picture', (objective) => {
  const sources = ['gradients', 'rollout'] as const;
  const looks = new Looks<[features: Tensor, text: Text | undefined]>((wanted, features, beside) =>
    pairLook(w, config, { objective, sources: wanted }, features, beside),
  );
  const see = () =>
    looks.see(sources, () => [batch.image.clone(), { ids: text.ids.clone(), mask: text.mask.clone() }]);
  const [compiled, eager] = [see(), runEagerly(see)];
  const before = tf.memory().numTensors;
  see();
  expect(tf.memory().numTensors).toBe(before);
  for (const key of ['maps', 'tokens', 'gradients'] as const) {
    expect(compiled[key]!.length).toBeGreaterThan(0);
    compiled[key]!.forEach(({ shape, values, layer }, i) => {
      expect({ shape, layer }).toEqual({ shape: eager[key]![i].shape, layer: eager[key]![i].layer });
      expect(tf.tensor1d(values)).toBeAllclose(tf.tensor1d(eager[key]![i].values), { atol: 1e-5 });
    });
  }
  expect(tf.tensor1d(compiled.rollout!.values)).toBeAllclose(tf.tensor1d(eager.rollout!.values), {
    atol: 1e-5,
  });
  const own = ofPicture(compiled, 1, { text: Array<string>(lengths[1]).fill('') });
  expect(own.tokens!.maps[0].shape).toEqual([config.qformer.numAttentionHeads, lengths[1], Q]);
  expect(own.rollout!.shape).toEqual([Q, P]);
  looks.dispose();
});

describe('rollout', () => {
  test('is shares of the picture', () => {
    for (const { rollout } of [look('itm'), look('itg')]) {
      expect(rollout!.shape).toEqual([B, Q, P]);
      expect(tf.sum(rollout!, 2)).toBeAllclose(tf.ones([B, Q]), { atol: 1e-5 });
    }
  });

  test('of attention to all alike is all alike', () => {
    const self = tf.fill([1, 2, 5, 5], 1 / 5);
    const cross = tf.fill([1, 2, 3, 7], 1 / 7);
    const rollout = attentionRollout({
      selfAttentions: [self, self, self],
      crossAttentions: { 0: cross, 2: cross },
    });
    expect(rollout).toBeAllclose(tf.fill([1, 3, 7], 1 / 7), { atol: 1e-6 });
  });

  test('by hand: two queries, two patches, two blocks', () => {
    const swap = tf.tensor4d([0, 1, 1, 0], [1, 1, 2, 2]);
    const own = tf.eye(2).reshape([1, 1, 2, 2]);
    // Block 0: query i reads patch i. Block 1: queries swap, then read again.
    const rollout = attentionRollout({ selfAttentions: [own, swap], crossAttentions: { 0: own, 1: own } });
    // (½ · (½ own + ½ swap) of ½ + ½ own) → own: ⅛ + ½, other: ⅛, over ¾.
    expect(rollout).toBeAllclose(tf.tensor3d([5 / 6, 1 / 6, 1 / 6, 5 / 6], [1, 2, 2]), { atol: 1e-6 });
  });
});

describe('gradients', () => {
  test.each(['itm', 'itg'] as const)('of the %s score are those of finite differences', (objective) => {
    const { gradients, maps } = look(objective);
    const image = readImage(w, config, batch.image);
    /** The score as a pass without any tape gives it, a probability of picture 0 nudged by `by`. */
    const score = (layer: number, place: number, by: number): number => {
      const probes = attentionProbes(config.qformer, B, P);
      const shape = probes[layer].shape;
      const values = new Float32Array(probes[layer].size);
      values[place] = by;
      const nudged = { ...probes, [layer]: tf.tensor(values, shape) };
      return scoreOf(objective, image, nudged);
    };
    const step = 0.02;
    for (const [layer, map] of layers(gradients!)) {
      const probabilities = maps[layer].dataSync();
      const found = map.dataSync();
      const size = found.length / B; // places of picture 0
      for (const place of [0, Math.floor(size / 3), Math.floor(size / 2), size - 1]) {
        const slope = (score(layer, place, step) - score(layer, place, -step)) / (2 * step);
        const expected = probabilities[place] * Math.max(0, slope);
        expect(Math.abs(found[place] - expected), `layer ${layer}, ${place}`).toBeLessThan(
          2e-3 * probabilities[place] * Math.max(1, Math.abs(slope)),
        );
      }
      // What the last block's queries read reaches no text.
      const reaches = objective === 'itm' || layer < config.qformer.numHiddenLayers - 1;
      expect(found.some((value) => value > 0)).toBe(reaches);
      expect(found.every((value) => value >= 0)).toBe(true);
    }
  });

  test('without a text there is nothing to differentiate', () => {
    expect(() => pairLook(w, config, { objective: 'itm', sources: ['gradients'] }, batch.image)).toThrow(
      'score of a text',
    );
  });
});

/** Of the library's own losses: matching's log-odds; the text's log-probability. */
function scoreOf(
  objective: PairObjective,
  image: ReturnType<typeof readImage>,
  probes: Record<number, Tensor>,
): number {
  return tf.tidy(() => {
    const input = { queries: w.get('query_tokens'), image, probes };
    const output = qformer(w, config.qformer, {
      ...input,
      text: embedText(w, objective === 'itm' ? text.ids : decoderIds(config, text.ids)),
      mask: (objective === 'itm' ? bidirectionalMask : multimodalCausalMask)(Q, text.mask),
    });
    if (objective === 'itm') {
      const logits = imageTextMatchingLogits(w, output.queries!).arraySync() as number[][];
      return logits.reduce((sum, [no, yes]) => sum + yes - no, 0);
    }
    const logP = tf.logSoftmax(languageLogits(w, config, output.text!)).arraySync() as number[][][];
    const ids = text.ids.arraySync() as number[][];
    return ids.reduce(
      (sum, row, b) => row.slice(1, lengths[b]).reduce((total, id, t) => total + logP[b][t][id], sum),
      0,
    );
  });
}
