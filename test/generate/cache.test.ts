/** The cache is written in place: no generation sees what another wrote, on whatever way it is computed. */
import { afterAll, describe, expect, test } from 'vitest';
import { LanguageModel, type GenerateOptions, type TextEvent } from '../../packages/core/src/generate';
import { OPT, T5, type LanguageTower } from '../../packages/core/src/models';
import { Weights } from '../../packages/core/src/nn';
import { ParameterStore, runEagerly } from '../../packages/core/src/runtime';
import { Tokenizer } from '../../packages/core/src/text';
import { byTensorFlow } from '../support/byTensorFlow';
import { tinyTokenizerFolder } from '../text/tinyTokenizer';

const tokenizer = Tokenizer.fromFolder(tinyTokenizerFolder());
const sizes = { vocabSize: tokenizer.vocabularySize, padTokenId: 0, eosTokenId: tokenizer.id('of') };
const blocks = { hiddenSize: 12, numHiddenLayers: 2, numAttentionHeads: 2, ffnDim: 16, initStd: 0.6 };
const stacks = { dModel: 12, dKv: 6, dFf: 16, numLayers: 2, numHeads: 2, initializerFactor: 3 };
const TOWERS: Record<string, LanguageTower> = {
  opt: OPT.build(OPT.readConfig({ ...sizes, ...blocks })),
  t5: T5.build(T5.readConfig({ ...sizes, ...stacks })),
};
const PROMPTS = ['a red circle', 'green', 'a blue square above a red circle'];
const LONG = { maxNewTokens: 9, minNewTokens: 9 };
const WAYS: GenerateOptions[] = [
  LONG,
  { ...LONG, numBeams: 4, numReturnSequences: 4 },
  { ...LONG, doSample: true, numReturnSequences: 3 },
  { maxNewTokens: 1, numBeams: 2 },
];

describe.each(Object.entries(TOWERS))('%s', (_, tower) => {
  const weights = new Weights(ParameterStore.create(tower.parameters(), 1).readAll());
  const make = () => new LanguageModel(tower, weights, tokenizer);
  const model = make();
  afterAll(() => model.dispose());

  const ids = async (options: GenerateOptions, own = model) =>
    (await own.generate(PROMPTS, options)).map((texts) => texts.map(({ tokenIds }) => tokenIds));

  test('beams go on from one another', async () => {
    const [texts] = await ids(WAYS[1]);
    expect(new Set(texts.map((text) => text.join(' '))).size).toBe(4);
  });

  test('generations at once give what they give alone', async () => {
    const alone = [];
    for (const options of WAYS) alone.push(await ids(options));
    expect(await Promise.all([...WAYS, ...WAYS].map((options) => ids(options)))).toEqual([
      ...alone,
      ...alone,
    ]);
  });

  test('one that was aborted leaves nothing to the next', async () => {
    const expected = await ids(LONG);
    const controller = new AbortController();
    let count = 0;
    const onToken = (_: TextEvent) => void (++count === 10 && controller.abort(new Error('enough')));
    const aborted = model.generate(PROMPTS, { ...LONG, onToken, signal: controller.signal });
    await expect(aborted).rejects.toThrow('enough');
    expect(await ids(LONG)).toEqual(expected);
  });

  test('eagerly, and by TensorFlow alone: the same', async () => {
    for (const options of WAYS) {
      const expected = await ids(options);
      expect(await runEagerly(() => ids(options))).toEqual(expected);
      const others = make();
      expect(await byTensorFlow(() => ids(options, others))).toEqual(expected);
      others.dispose();
    }
  });
});
