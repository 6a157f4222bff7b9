/** BLIP's captioner against transformers (test/fixtures/make/blip.py). */
import { describe, expect, test } from 'vitest';
import { configFromDisk, configToDisk, type JsonObject } from '../../packages/core/src/checkpoints';
import { TokenGenerator, type GenerationOptions } from '../../packages/core/src/generate';
import { captioning } from '../../packages/core/src/losses';
import {
  BLIP,
  BLIP_LARGE,
  blipParameters,
  blipStates,
  captionPromptIds,
  type BlipCaptioner,
  type CaptionPrompt,
  type Feed,
} from '../../packages/core/src/models';
import { countParameters, Weights } from '../../packages/core/src/nn';
import {
  compile,
  gatherRows,
  Rng,
  tf,
  valueAndGradients,
  type Tensor,
  type TensorTree,
} from '../../packages/core/src/runtime';
import { Fixture } from '../support/fixtures';
import { expectGradients, expectNoLeak, expectParameters, expectParity, halved } from '../support/parity';
import { relativeError } from '../support/relativeError';

const fixture = new Fixture('blip');
const json = fixture.config<{
  configs: Record<string, JsonObject>;
  prompt_length: number;
  new_tokens: number;
  /** Options of transformers' `generate`, and what it wrote: [options][prompt], ids, texts with | between them. */
  generations: JsonObject[];
  texts: Record<string, string[][]>;
  parameters: Record<string, number>;
}>();
const SAME = 2e-5;

const int32 = (numbers: number[][]) => tf.tensor2d(numbers, undefined, 'int32');
/** Column t of [B, T] → [B]; of [B, T, V] → [B, V]. */
const at = (x: Tensor, t: number): Tensor => tf.unstack(x, 1)[t];

/** Each row `times` times over. */
function repeatRows(x: Tensor, times: number): Tensor {
  const rows = Array.from({ length: x.shape[0] * times }, (_, r) => Math.floor(r / times));
  return gatherRows(x, tf.tensor1d(rows, 'int32'));
}

/** What a step takes in: column t of tokens [R, T]. */
const feedAt = (tokens: Tensor, t: number): Feed => ({
  tokens: at(tokens, t),
  position: tf.scalar(t, 'int32'),
});

/** Logits of the first token after the prompt and of those after each given one [R, T]: [R, T + 1, V]. */
function tokenByToken(captioner: BlipCaptioner, w: Weights, prompt: CaptionPrompt, tokens: Tensor): Tensor {
  const [rows, length] = tokens.shape as [number, number];
  const beams = rows / prompt.ids.shape[0];
  const begun = captioner.begin(w, prompt, { tokens: length, rowsPerPrompt: beams });
  let { cache } = begun;
  const logits = [repeatRows(begun.logits, beams)];
  for (let t = 0; t < length; t++) {
    const next = captioner.step(w, begun.memory, cache, feedAt(tokens, t));
    cache = next.cache;
    logits.push(next.logits);
  }
  return tf.stack(logits, 1);
}

describe.each(Object.keys(json.configs))('%s', (name) => {
  const config = BLIP.readConfig(configFromDisk(json.configs[name]));
  const captioner = BLIP.build(config);
  const weights = fixture.tensors(`${name}.w.`);
  const w = new Weights(weights);
  const pixels = fixture.tensor(`${name}.in.pixels`);
  const [ids, mask] = [fixture.tensor(`${name}.in.ids`), fixture.tensor(`${name}.in.mask`)];
  const features = fixture.tensor(`${name}.a.features`);
  const [batch, length] = ids.shape as [number, number];
  const start = json.prompt_length;
  const real = tf.expandDims(mask.toFloat(), 2);
  const text: CaptionPrompt = { features, ids, mask };
  const promptIds = ids.slice([0, 0], [-1, start]);
  const prompt: CaptionPrompt = { features, ids: promptIds, mask: tf.onesLike(promptIds) };
  const whole = tf.onesLike(ids);

  const step = () =>
    valueAndGradients(() => {
      const logits = captioner.logits(w, { features: captioner.features(w, pixels), ids, mask });
      return { loss: captioning(logits, ids, mask, start) };
    }, weights);

  test('names and shapes', () => {
    expectParameters(captioner.parameters(), weights);
  });

  test('features of pictures, of larger ones too', () => {
    expectParity(captioner.features(w, pixels), features);
    const larger = captioner.features(w, fixture.tensor(`${name}.in.larger_pixels`));
    expectParity(larger, fixture.values(`${name}.a.larger_features`));
  });

  test('hidden states of the decoder', () => {
    const states = blipStates(w, config, text);
    expect(states).toHaveLength(config.text.numHiddenLayers + 1);
    states.forEach((found, i) => {
      const expected = fixture.tensor(`${name}.a.hidden.${i}`);
      expectParity(found.mul(real), expected.mul(real), `state ${i}`);
    });
  });

  test('logits', () => {
    expectParity(captioner.logits(w, text).mul(real), fixture.tensor(`${name}.a.logits`).mul(real));
  });

  test.each(['eager', 'compiled'])('loss and every gradient, %s', (mode) => {
    const { value, gradients } = mode === 'eager' ? step() : compile(step)();
    expect(value.loss.dataSync()[0]).toBeCloseTo(fixture.scalar(`${name}.l.loss`), 5);
    expectGradients(fixture, `${name}.g.`, gradients);
  });

  test('the loss does not see what the prompt and padding predict', () => {
    const logits = captioner.logits(w, text);
    const judged = tf.concat([mask.slice([0, 1], [-1, -1]), tf.zeros([batch, 1], 'int32')], 1);
    const after = tf.range(0, length, 1, 'int32').greaterEqual(start - 1);
    const isJudged = tf.expandDims(judged.toFloat().mul(after.toFloat()), 2); // [B, T, 1]
    const changed = logits.add(tf.sub(1, isJudged).mul(tf.range(0, config.text.vocabSize)));
    const loss = (x: Tensor) => captioning(x, ids, mask, start).dataSync()[0];
    expect(loss(changed)).toBe(loss(logits));
  });

  test('token by token is teacher forcing', () => {
    const rest = ids.slice([0, start], [-1, -1]);
    const forced = captioner.logits(w, { features, ids, mask: whole });
    const expected = forced.slice([0, start - 1, 0], [-1, -1, -1]);
    expect(relativeError(tokenByToken(captioner, w, prompt, rest), expected)).toBeLessThan(SAME);
  });

  test('a prompt alone, of one token, gives what it gives among longer ones, wherever they are padded', () => {
    const padded: CaptionPrompt = {
      features,
      ids: tf.concat(
        [
          int32([
            [0, 0, 1],
            [4, 3, 3],
            [5, 0, 3],
          ]),
          ids.slice([0, 0], [-1, 1]),
        ],
        1,
      ),
      mask: int32([
        [0, 0, 0, 1],
        [1, 0, 1, 1],
        [1, 1, 1, 1],
      ]),
    };
    const tokens = ids.slice([0, 1], [-1, 3]);
    const together = tokenByToken(captioner, w, padded, tokens);
    const alone = tokenByToken(
      captioner,
      w,
      {
        features: features.slice([0], [1]),
        ids: ids.slice([0, 0], [1, 1]),
        mask: int32([[1]]),
      },
      tokens.slice([0], [1]),
    );
    expect(relativeError(alone, together.slice([0], [1]))).toBeLessThan(SAME);
    const second = [4, 3, ids.arraySync()[1 as never][0 as never] as number];
    const forced = tf.concat([int32([second]), tokens.slice([1], [1])], 1);
    const logits = captioner.logits(w, {
      features: features.slice([1], [1]),
      ids: forced,
      mask: tf.onesLike(forced),
    });
    expect(relativeError(together.slice([1], [1]), logits.slice([0, 2, 0], [-1, -1, -1]))).toBeLessThan(SAME);
  });

  test('beams share the memory of their prompt', () => {
    const beams = 3;
    const shifted = Array.from({ length: beams }, (_, k) => ids.add(tf.scalar(k, 'int32')));
    const all = tf
      .stack(shifted, 1)
      .reshape([batch * beams, length])
      .mod(config.text.vocabSize)
      .toInt();
    const rest = all.slice([0, start], [-1, -1]);
    const texts = tf.concat([repeatRows(promptIds, beams), rest], 1);
    const forced = captioner.logits(w, {
      features: repeatRows(features, beams),
      ids: texts,
      mask: tf.onesLike(texts),
    });
    const expected = forced.slice([0, start - 1, 0], [-1, -1, -1]);
    expect(relativeError(tokenByToken(captioner, w, prompt, rest), expected)).toBeLessThan(SAME);
  });

  test.each(json.generations.map((options, i) => [JSON.stringify(options), i] as const))(
    'writes what transformers writes: %s',
    async (_, i) => {
      const { sepTokenId } = config.text;
      const generator = new TokenGenerator(captioner, w, { eosTokenId: sepTokenId });
      const options = configFromDisk(json.generations[i]) as GenerationOptions;
      const history = promptIds.arraySync() as number[][];
      const found = await generator.generate(prompt, { ...options, history, maxNewTokens: json.new_tokens });
      const written = found.map((texts) => texts.map(({ tokenIds }) => tokenIds.join(' ')).join(' | '));
      expect(written).toEqual(json.texts[name][i]);
      generator.dispose();
    },
  );

  test('compiled: the same logits, a step is compiled once', () => {
    const rest = ids.slice([0, start], [-1, -1]);
    const room = { tokens: length - start, rowsPerPrompt: 1 };
    const begin = compile((given: CaptionPrompt) => ({ ...captioner.begin(w, given, room) }));
    const next = compile((memory: TensorTree, cache: TensorTree, feed: Feed) => ({
      ...captioner.step(w, memory, cache, feed),
    }));
    const begun = begin(prompt);
    let cache: TensorTree = begun.cache;
    const logits = [begun.logits];
    for (let t = 0; t < room.tokens; t++) {
      const done = next(begun.memory, cache, feedAt(rest, t));
      cache = done.cache;
      logits.push(done.logits);
    }
    const eager = tokenByToken(captioner, w, prompt, rest);
    expect(relativeError(tf.stack(logits, 1), eager)).toBeLessThan(SAME);
    expect([begin.signatures(), next.signatures()]).toEqual([1, 1]);
    begin.dispose();
    next.dispose();
  });

  test('matrices and tables in bfloat16: close', () => {
    const isMatrix = (key: string) => weights[key].rank === 2 && !key.includes('position');
    const half = halved(weights, 'bfloat16', isMatrix);
    const error = relativeError(captioner.logits(half, text).mul(real), captioner.logits(w, text).mul(real));
    expect(error).toBeGreaterThan(1e-4);
    expect(error).toBeLessThan(0.1);
    expect(relativeError(captioner.features(half, pixels), features)).toBeLessThan(0.1);
  });

  test('a text beyond the positions is refused', () => {
    const { maxPositionEmbeddings: most } = config.text;
    expect(() => captioner.begin(w, prompt, { tokens: most - start + 1, rowsPerPrompt: 1 })).toThrow(
      `${most + 1} tokens is too long`,
    );
  });

  test('nothing is left behind', () => {
    expectNoLeak(() => [step(), tokenByToken(captioner, w, prompt, ids)]);
  });

  test('config.json comes back as it was written', () => {
    const written = configToDisk(BLIP.writeConfig(config) as JsonObject);
    expect(written).toMatchObject({ model_type: 'blip', architectures: ['BlipForConditionalGeneration'] });
    expect(BLIP.readConfig(configFromDisk(written))).toEqual(config);
  });
});

test('dropout, where a configuration has it: from one seed the same, without one none', () => {
  const config = BLIP.readConfig(configFromDisk(json.configs.base));
  const w = new Weights(fixture.tensors('base.w.'));
  const text = {
    features: fixture.tensor('base.a.features'),
    ids: fixture.tensor('base.in.ids'),
    mask: fixture.tensor('base.in.mask'),
  };
  const logits = (rates: object, seed?: number) => {
    const captioner = BLIP.build({ ...config, text: { ...config.text, ...rates } });
    return captioner.logits(w, text, seed === undefined ? undefined : Rng.from(seed)).dataSync();
  };
  const without = logits({});
  expect(logits({}, 1)).toEqual(without);
  for (const rate of ['hiddenDropoutProb', 'attentionProbsDropoutProb']) {
    const rates = { [rate]: 0.3 };
    expect(logits(rates)).toEqual(without);
    expect(logits(rates, 1)).toEqual(logits(rates, 1));
    expect(logits(rates, 1)).not.toEqual(logits(rates, 2));
    expect(logits(rates, 1)).not.toEqual(without);
  }
});

test('BLIP-large has as many parameters as in transformers; its prompt starts with [DEC]', () => {
  expect(countParameters(blipParameters(BLIP_LARGE))).toBe(json.parameters['blip-large']);
  // "a picture of " as BERT's tokenizer encodes it
  expect(captionPromptIds(BLIP_LARGE, [101, 1037, 3861, 1997, 102])).toEqual([30_522, 1037, 3861, 1997]);
});

test.each([
  ['text_decoder.cls.predictions.decoder.weight', 'text_decoder.bert.embeddings.word_embeddings.weight'],
  ['text_decoder.cls.predictions.decoder.bias', 'text_decoder.cls.predictions.bias'],
  ['text_decoder.bert.embeddings.position_ids', undefined],
  ['vision_model.post_layernorm.bias', 'vision_model.post_layernorm.bias'],
])('%s in a file is %s', (name, expected) => {
  expect(BLIP.parameterName!(name, BLIP_LARGE)).toBe(expected);
});
