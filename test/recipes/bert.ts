/** BERTs of random weights, in folders. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { savePretrained } from '../../packages/core/src/checkpoints';
import { BERT, type BertConfig } from '../../packages/core/src/models';
import { ParameterStore } from '../../packages/core/src/runtime';

/** A BERT of SMALL's sizes; it knows more positions than captions have, and not [DEC]. */
const SIZES: BertConfig = {
  vocabSize: 276,
  hiddenSize: 16,
  numHiddenLayers: 2,
  numAttentionHeads: 2,
  intermediateSize: 16,
  hiddenAct: 'gelu',
  hiddenDropoutProb: 0,
  attentionProbsDropoutProb: 0,
  maxPositionEmbeddings: 40,
  typeVocabSize: 2,
  initializerRange: 0.3,
  layerNormEps: 1e-12,
};

export function randomBert(
  changes: Partial<BertConfig> = {},
  seed = 1,
): { dir: string; tensors: ReturnType<ParameterStore['snapshot']> } {
  const dir = mkdtempSync(join(tmpdir(), 'blip2-bert-'));
  const config = { ...SIZES, ...changes };
  const parameters = ParameterStore.create(BERT.build(config).parameters(), seed);
  savePretrained(dir, BERT, config, parameters);
  return { dir, tensors: parameters.snapshot() };
}
