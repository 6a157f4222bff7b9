/** What the Q-Former must not do: see what a mask hides, mix elements of a batch, leak tensors. */
import { describe, expect, test } from 'vitest';
import {
  bidirectionalMask,
  contrastiveAndCausalMask,
  decoderIds,
  embedText,
  encodeImage,
  encodePair,
  encodeText,
  generationLogits,
  imageTextMatchingLogits,
  languageLogits,
  multimodalCausalMask,
  projectText,
  qformer,
  readImage,
  selectImages,
  uniModalMask,
} from '../../packages/core/src/models';
import { compile, tf, type Tensor } from '../../packages/core/src/runtime';
import { backend } from '../../packages/core/src/runtime/tensorflow';
import '../support/allclose';
import { batch, config, weights as w } from '../support/stage1';

const queryCount = config.qformer.numQueryTokens;
const image = readImage(w, config, batch.image);
const queries = w.get('query_tokens');
const ids = batch.textIds.arraySync() as number[][];
const lengths = (batch.textMask.arraySync() as number[][]).map((row) => row.reduce((a, b) => a + b));

const int32 = (rows: number[][]) => tf.tensor2d(rows, undefined, 'int32');
const bits = (x: Tensor | undefined) => x!.dataSync();
const rowsOf = (x: Tensor | undefined, row: number, from: number, to: number) =>
  x!.slice([row, from, 0], [1, to - from, -1]).dataSync();

/** The ids with another word at one place. */
function changed(row: number, place: number): Tensor {
  return int32(ids.map((line, r) => line.map((id, t) => (r === row && t === place ? (id % 30) + 5 : id))));
}

/** ITG in one pass, its captions as given. */
function generate(textIds: Tensor) {
  const text = embedText(w, decoderIds(config, textIds));
  return qformer(w, config.qformer, {
    queries,
    image,
    text,
    mask: multimodalCausalMask(queryCount, batch.textMask),
  });
}

describe('masks, to the bit', () => {
  test('the matrices', () => {
    const seen = (mask: Tensor) =>
      (mask.arraySync() as number[][][][])[0][0].map((row) => row.map((x) => (x === 0 ? 1 : 0)));
    const text = int32([[1, 1, 0]]);
    expect(seen(uniModalMask(2, text))).toEqual([
      [1, 1, 0, 0, 0],
      [1, 1, 0, 0, 0],
      [0, 0, 1, 1, 0],
      [0, 0, 1, 1, 0],
      [0, 0, 1, 1, 0],
    ]);
    expect(seen(bidirectionalMask(2, text))).toEqual(Array(5).fill([1, 1, 1, 1, 0]));
    expect(seen(multimodalCausalMask(2, text))).toEqual([
      [1, 1, 0, 0, 0],
      [1, 1, 0, 0, 0],
      [1, 1, 1, 0, 0],
      [1, 1, 1, 1, 0],
      [1, 1, 1, 1, 0],
    ]);
  });

  test.each([2, 4, 6])('ITG: nothing before token %i knows it, all from it on do', (place) => {
    const row = 0;
    expect(lengths[row]).toBe(7);
    const before = generate(batch.textIds);
    const after = generate(changed(row, place));
    expect(rowsOf(after.text, row, 0, place)).toEqual(rowsOf(before.text, row, 0, place));
    for (let t = place; t < 7; t++) {
      expect(rowsOf(after.text, row, t, t + 1)).not.toEqual(rowsOf(before.text, row, t, t + 1));
    }
  });

  test('ITG: no query knows the text', () => {
    const before = generate(batch.textIds);
    const after = generate(int32(ids.map((line) => line.map((id) => (id + 3) % 40))));
    expect(bits(after.queries)).toEqual(bits(before.queries));
    expect(bits(after.text)).not.toEqual(bits(before.text));
  });

  test('ITM: queries do know the text', () => {
    const pair = (textIds: Tensor) =>
      encodePair(w, config, image, { ids: textIds, mask: batch.textMask }).queries;
    expect(bits(pair(changed(0, 3)))).not.toEqual(bits(pair(batch.textIds)));
  });

  test('padding is seen by none of the passes', () => {
    const row = 1;
    const padded = changed(row, lengths[row] + 1);
    expect(bits(padded)).not.toEqual(bits(batch.textIds));
    const passes: ((textIds: Tensor) => { queries?: Tensor; text?: Tensor })[] = [
      (textIds) => encodeText(w, config, textIds, batch.textMask),
      (textIds) => encodePair(w, config, image, { ids: textIds, mask: batch.textMask }),
      generate,
    ];
    for (const pass of passes) {
      const [before, after] = [pass(batch.textIds), pass(padded)];
      expect(rowsOf(after.text, row, 0, lengths[row])).toEqual(rowsOf(before.text, row, 0, lengths[row]));
      if (before.queries) expect(bits(after.queries)).toEqual(bits(before.queries));
    }
  });

  test('in the pass that ITC and ITG share, no part knows another but the decoder the queries', () => {
    const text = embedText(w, batch.textIds);
    const decoder = embedText(w, decoderIds(config, batch.textIds));
    const other = embedText(w, int32(ids.map((line) => line.map((id) => (id + 3) % 40))));
    const mask = contrastiveAndCausalMask(queryCount, batch.textMask);
    const pass = (a: Tensor, b: Tensor) => {
      const output = qformer(w, config.qformer, { queries, image, text: tf.concat([a, b], 1), mask });
      const [encoded, decoded] = tf.split(output.text!, 2, 1);
      return { queries: output.queries, encoded, decoded };
    };
    const before = pass(text, decoder);
    const newText = pass(other, decoder);
    expect(bits(newText.queries)).toEqual(bits(before.queries));
    expect(bits(newText.decoded)).toEqual(bits(before.decoded));
    const newDecoder = pass(text, other);
    expect(bits(newDecoder.queries)).toEqual(bits(before.queries));
    expect(bits(newDecoder.encoded)).toEqual(bits(before.encoded));
  });
});

describe('passes that must agree', () => {
  test("ITG on the queries' cached keys and values is ITG in one pass", () => {
    const past = encodeImage(w, config, image).keyValues;
    const cached = generationLogits(w, config, past, {
      ids: decoderIds(config, batch.textIds),
      mask: batch.textMask,
    });
    const joint = languageLogits(w, config, generate(batch.textIds).text!);
    expect(cached).toBeAllclose(joint, { rtol: 1e-5, atol: 1e-5 });
  });

  test('a batch of one gives what it gives among others', () => {
    const all = encodePair(w, config, image, { ids: batch.textIds, mask: batch.textMask });
    const text = encodeText(w, config, batch.textIds, batch.textMask);
    for (let b = 0; b < 4; b++) {
      const one = { ids: batch.textIds.slice([b, 0], [1, -1]), mask: batch.textMask.slice([b, 0], [1, -1]) };
      const alone = encodePair(
        w,
        config,
        readImage(w, config, batch.image.slice([b, 0, 0], [1, -1, -1])),
        one,
      );
      expect(alone.queries).toBeAllclose(all.queries!.slice([b, 0, 0], [1, -1, -1]));
      expect(imageTextMatchingLogits(w, alone.queries!).shape).toEqual([1, 2]);
      const projected = projectText(w, encodeText(w, config, one.ids, one.mask).text!);
      expect(projected).toBeAllclose(projectText(w, text.text!).slice([b, 0], [1, -1]));
    }
  });

  test('no element of a batch knows another, to the bit', () => {
    const before = encodePair(w, config, image, { ids: batch.textIds, mask: batch.textMask });
    const moved = readImage(w, config, tf.concat([batch.image.slice(0, 1), batch.image.slice(1).mul(2)]));
    const after = encodePair(w, config, moved, { ids: changed(2, 3), mask: batch.textMask });
    expect(rowsOf(after.queries, 0, 0, queryCount)).toEqual(rowsOf(before.queries, 0, 0, queryCount));
    expect(rowsOf(after.queries, 1, 0, queryCount)).not.toEqual(rowsOf(before.queries, 1, 0, queryCount));
  });

  test("chosen images' memory is the memory of the chosen images", () => {
    const indices = tf.tensor1d([2, 2, 0], 'int32');
    const chosen = selectImages(image, indices);
    const direct = readImage(
      w,
      config,
      tf.stack([2, 2, 0].map((b) => batch.image.slice([b, 0, 0], [1, -1, -1]).squeeze([0]))),
    );
    for (const layer of [0, 2]) {
      expect(chosen[layer].key).toBeAllclose(direct[layer].key);
      expect(chosen[layer].value).toBeAllclose(direct[layer].value);
    }
  });
});

describe('attention', () => {
  test('every row sums to one, in every layer, and hidden columns get nothing', () => {
    const output = generate(batch.textIds);
    const probabilities = [...output.selfAttentions, ...Object.values(output.crossAttentions)];
    expect(probabilities).toHaveLength(5);
    for (const p of probabilities) {
      const sums = p.sum(-1);
      expect(sums).toBeAllclose(tf.ones(sums.shape));
    }
    const queriesToText = output.selfAttentions[1].slice([0, 0, 0, queryCount], [-1, -1, queryCount, -1]);
    expect(queriesToText.max().dataSync()[0]).toBe(0);
  });
});

test('attention that nobody asked for in a scope is there after it, and is computed once', () => {
  const output = tf.tidy(() => encodeImage(w, config, image) as never) as ReturnType<typeof encodeImage>;
  const seen = output.crossAttentions[0];
  expect(output.crossAttentions[0]).toBe(seen);
  expect(seen.sum(-1)).toBeAllclose(tf.ones(seen.shape.slice(0, 3)));
  tf.dispose([output.selfAttentions, output.crossAttentions]);
});

test('attention comes out of compiled code as it does eagerly', () => {
  const attend = (features: Tensor, textIds: Tensor, mask: Tensor) => {
    const memory = readImage(w, config, features);
    const { selfAttentions, crossAttentions } = encodePair(w, config, memory, { ids: textIds, mask });
    return { selfAttentions, crossAttentions };
  };
  const eager = attend(batch.image, batch.textIds, batch.textMask);
  const compiled = compile(attend)(batch.image, batch.textIds, batch.textMask);
  const [size, patches] = batch.image.shape;
  const heads = config.qformer.numAttentionHeads;
  const rows = queryCount + ids[0].length;
  expect(Object.keys(compiled.crossAttentions)).toEqual(['0', '2']);
  for (const [layer, found] of Object.entries(compiled.crossAttentions)) {
    expect(found.shape).toEqual([size, heads, queryCount, patches]);
    expect(found).toBeAllclose(eager.crossAttentions[Number(layer)]);
  }
  expect(compiled.selfAttentions).toHaveLength(config.qformer.numHiddenLayers);
  compiled.selfAttentions.forEach((found, layer) => {
    expect(found.shape).toEqual([size, heads, rows, rows]);
    expect(found).toBeAllclose(eager.selfAttentions[layer]);
  });
});

test('a forward through every pass leaves no tensor behind', () => {
  const held = () => [tf.memory().numTensors, backend.binding.getNumOfTensors()];
  const forward = () =>
    tf.tidy(() => {
      const memory = readImage(w, config, batch.image);
      encodeText(w, config, batch.textIds, batch.textMask);
      const { keyValues } = encodeImage(w, config, memory);
      generationLogits(w, config, keyValues, {
        ids: decoderIds(config, batch.textIds),
        mask: batch.textMask,
      });
      imageTextMatchingLogits(
        w,
        encodePair(w, config, memory, { ids: batch.textIds, mask: batch.textMask }).queries!,
      );
    });
  forward();
  const before = held();
  forward();
  expect(held()).toEqual(before);
});
