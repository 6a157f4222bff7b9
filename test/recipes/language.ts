/** Frozen language models of random weights with the tokenizers of Shapes, saved as folders. */
import { copyFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shapesDirectory } from '@blip2/datasets';
import { ParameterStore, type ParameterSpecs } from '../../packages/core/src/runtime';
import { OPT, T5, type Family } from '../../packages/core/src/models';
import { savePretrained } from '../../packages/core/src/checkpoints';
import { loadLanguageModel, type FrozenLanguageModel } from '../../packages/core/src/data';
import { Tokenizer } from '../../packages/core/src/text';

export function randomOpt({ maxPositionEmbeddings = 64 } = {}): FrozenLanguageModel {
  const tokenizerDir = join(shapesDirectory, 'tokenizer-opt');
  const tokenizer = Tokenizer.fromFolder(tokenizerDir);
  const [newline] = tokenizer.encode('\n', { addSpecialTokens: false });
  const size = { hiddenSize: 16, numHiddenLayers: 2, numAttentionHeads: 2, ffnDim: 32 };
  const vocabulary = { vocabSize: tokenizer.vocabularySize, eosTokenId: newline };
  return randomModel(OPT, { ...size, ...vocabulary, maxPositionEmbeddings }, tokenizerDir);
}

export function randomT5(): FrozenLanguageModel {
  const tokenizerDir = join(shapesDirectory, 'tokenizer-t5');
  const vocabSize = Tokenizer.fromFolder(tokenizerDir).vocabularySize;
  const size = { dModel: 16, dKv: 8, dFf: 32, numLayers: 2, numHeads: 2, feedForwardProj: 'gated-gelu' };
  return randomModel(T5, { ...size, vocabSize }, tokenizerDir);
}

function randomModel<Config, Model extends { parameters(): ParameterSpecs }>(
  family: Family<Config, Model>,
  json: Record<string, unknown>,
  tokenizerDir: string,
): FrozenLanguageModel {
  const dir = mkdtempSync(join(tmpdir(), 'blip2-language-'));
  const config = family.readConfig(json);
  const parameters = ParameterStore.create(family.build(config).parameters(), 1);
  savePretrained(dir, family, config, parameters);
  parameters.dispose();
  for (const file of ['tokenizer.json', 'tokenizer_config.json']) {
    copyFileSync(join(tokenizerDir, file), join(dir, file));
  }
  return loadLanguageModel(dir);
}
