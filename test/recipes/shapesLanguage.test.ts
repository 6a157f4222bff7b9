import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { drawDocument, shapesDirectory } from '@blip2/datasets';
import { loadLanguageModel } from '../../packages/core/src/data';
import { LanguageModel, QUESTION_ANSWER, QUESTION_SHORT_ANSWER } from '../../packages/core/src/generate';
import { makeShapesLanguage, shapesLanguage } from '../../packages/core/src/recipes';
import { train } from '../../packages/core/src/train';

const runsDir = mkdtempSync(join(tmpdir(), 'blip2-language-'));
const options = { runsDir, progress: false as const, batchSize: 16, steps: 30, warmupSteps: 5 };

describe.each([
  { kind: 'opt' as const, architecture: 'decoder-only' },
  { kind: 't5' as const, architecture: 'encoder-decoder' },
])('the tiny $kind', ({ kind, architecture }) => {
  test('learns from text: each part of its loss falls', async () => {
    const { log } = await train(shapesLanguage(kind), options);
    const [first, last] = [log[0], log[29]] as Record<string, number>[];
    for (const name of ['text', 'answers', 'captions']) expect(last[name]).toBeLessThan(0.8 * first[name]);
  });

  test('is written as a folder that opens as a language model', async () => {
    const dir = join(runsDir, kind);
    await makeShapesLanguage(dir, kind, options);
    const files = ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];
    expect(readdirSync(dir).sort()).toEqual(files);
    const { tower, tokenizer } = loadLanguageModel(dir);
    expect(tower).toMatchObject({ architecture, hiddenSize: 96, vocabSize: tokenizer.vocabularySize });
    const end = kind === 'opt' ? tokenizer.encode('\n', { addSpecialTokens: false }) : [tokenizer.eosId];
    expect([tower.tokens.eos]).toEqual(end);
  });

  test('as shipped answers questions about texts that it has not been trained on', async () => {
    const { tower, weights, tokenizer } = loadLanguageModel(join(shapesDirectory, kind));
    const model = new LanguageModel(tower, weights, tokenizer);
    const template = kind === 'opt' ? QUESTION_ANSWER : QUESTION_SHORT_ANSWER;
    const asked = Array.from({ length: 300 }, (_, i) =>
      drawDocument(i, { split: 'test', objects: [2, 3], turns: 1, captionProbability: 0 }),
    ).flatMap(({ context, turns: [turn] }) =>
      ['color', 'shape', 'size'].includes(turn.kind) ? [{ context, ...turn }] : [],
    );
    expect(asked.length).toBeGreaterThan(150);
    // After the context as a text of its own, which is how BLIP-2 puts a question after the queries, and in one text.
    for (const between of kind === 'opt' ? ['</s>', ' '] : [' ']) {
      const prompts = asked.map(
        ({ context, prompt }) => `${context}${between}${template.replace('{}', prompt)}`,
      );
      const texts = await model.generate(prompts, { maxNewTokens: 4 });
      const right = texts.filter(([{ text }], i) => text === asked[i].answer).length;
      expect(right / asked.length, between).toBeGreaterThanOrEqual(0.95);
    }
    model.dispose();
  });
});
