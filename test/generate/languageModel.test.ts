/** Text in, text out: where prompts are padded, what counts as text, what comes out as words. */
import { describe, expect, test } from 'vitest';
import { LanguageModel, TokenGenerator, type TextEvent } from '../../packages/core/src/generate';
import { OPT, T5, type LanguageTower, type Prompt } from '../../packages/core/src/models';
import { Weights } from '../../packages/core/src/nn';
import { ParameterStore, tf } from '../../packages/core/src/runtime';
import { Tokenizer } from '../../packages/core/src/text';
import { tinyTokenizerFolder } from '../text/tinyTokenizer';

const tokenizer = Tokenizer.fromFolder(tinyTokenizerFolder());
const EOS = tokenizer.id('of');
const sizes = { vocabSize: tokenizer.vocabularySize, padTokenId: 0, eosTokenId: EOS };
const TOWERS: Record<string, LanguageTower> = {
  opt: OPT.build(
    OPT.readConfig({
      ...sizes,
      hiddenSize: 12,
      numHiddenLayers: 2,
      numAttentionHeads: 2,
      ffnDim: 16,
      initStd: 0.6,
    }),
  ),
  t5: T5.build(
    T5.readConfig({ ...sizes, dModel: 12, dKv: 6, dFf: 16, numLayers: 2, numHeads: 2, initializerFactor: 3 }),
  ),
};
const PROMPTS = ['a red circle', 'green', 'a blue square above a red circle', ''];

describe.each(Object.entries(TOWERS))('%s', (name, tower) => {
  const store = ParameterStore.create(tower.parameters(), 1);
  const weights = new Weights(store.readAll());
  const model = new LanguageModel(tower, weights, tokenizer, { maxNewTokens: 9 });

  test('is generation from the tokens, with what transformers counts as text', async () => {
    const rules = { maxNewTokens: 9, repetitionPenalty: 1.4, noRepeatNgramSize: 2 };
    const [, , [{ tokenIds: endless }]] = await model.generate(PROMPTS, { ...rules, eosTokenId: [] });
    const options = { ...rules, eosTokenId: endless[4] };
    const tokens = new TokenGenerator<Prompt>(tower, weights, options);
    const texts = await model.generate(PROMPTS, options);
    for (const [i, prompt] of PROMPTS.entries()) {
      const ids = tokenizer.encode(prompt);
      const embeddings = tower.embed(weights, tf.tensor2d([ids], undefined, 'int32'));
      const history = [name === 'opt' ? ids : [0]];
      const [expected] = await tokens.generate(
        { embeddings, mask: tf.ones([1, ids.length], 'int32') },
        { history },
      );
      expect(texts[i][0].tokenIds).toEqual(expected[0].tokenIds);
      expect(texts[i][0].score).toBeCloseTo(expected[0].score, 4);
    }
    expect(new Set(texts.map(([{ tokenIds }]) => tokenIds.join())).size).toBe(PROMPTS.length);
    expect(texts.some(([{ finished }]) => finished)).toBe(true);
  });

  test('texts are without the end token, special tokens and space around', async () => {
    const texts = await model.generate(PROMPTS, { numBeams: 3, numReturnSequences: 2 });
    for (const { tokenIds, text, finished } of texts.flat()) {
      expect(tokenIds.at(-1) === EOS).toBe(finished);
      expect(text).toBe(tokenizer.decode(finished ? tokenIds.slice(0, -1) : tokenIds).trim());
    }
    expect(await model.reply(PROMPTS[0], { numBeams: 3 })).toBe(texts[0][0].text);
  });

  test('a batch equals one by one', async () => {
    const together = await model.generate(PROMPTS, { numBeams: 2 });
    for (const [i, prompt] of PROMPTS.entries()) {
      expect(await model.reply(prompt, { numBeams: 2 })).toBe(together[i][0].text);
    }
  });

  test('pieces as they come are the text', async () => {
    const events: TextEvent[] = [];
    const texts = await model.generate(PROMPTS, { onToken: (event) => events.push(event) });
    texts.forEach(([{ text, tokenIds }], prompt) => {
      const own = events.filter((event) => event.prompt === prompt);
      expect(own.map(({ tokenId }) => tokenId)).toEqual(tokenIds);
      expect(own.map((event) => event.text).join('').trim()).toBe(text); // prettier-ignore
    });
  });

  test('no tensor is left behind; prompts of similar length share what is compiled', async () => {
    await model.generate(PROMPTS);
    const { numTensors } = tf.memory();
    await model.generate([...PROMPTS].reverse());
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  test('no prompts, no texts; a prompt without tokens is an error', async () => {
    expect(await model.generate([])).toEqual([]);
    const mute = { encode: () => [] } as unknown as Tokenizer;
    await expect(new LanguageModel(tower, weights, mute).generate([''])).rejects.toThrow(
      'A prompt without tokens',
    );
  });
});

test('padding takes no positions that the text needs', async () => {
  const [prompt] = PROMPTS;
  const { length } = tokenizer.encode(prompt);
  const size = { hiddenSize: 12, numHiddenLayers: 2, numAttentionHeads: 2, ffnDim: 16, initStd: 0.6 };
  const tower = OPT.build(OPT.readConfig({ ...sizes, ...size, maxPositionEmbeddings: length + 4 }));
  const weights = new Weights(ParameterStore.create(tower.parameters(), 1).readAll());
  const model = new LanguageModel(tower, weights, tokenizer, { eosTokenId: [] });
  const [[{ tokenIds }]] = await model.generate([prompt], { maxNewTokens: 4 });
  expect(tokenIds).toHaveLength(4);
  await expect(model.generate([prompt], { maxNewTokens: 5 })).rejects.toThrow('is too long');
});
