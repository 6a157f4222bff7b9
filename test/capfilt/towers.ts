/** A captioner and a CLIP of random weights for 64-pixel Shapes, as folders; the captioner favours a few words. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shapesDirectory } from '@blip2/datasets';
import { savePretrained } from '../../packages/core/src/checkpoints';
import { loadCaptioner, loadRanker, type Captioner, type Ranker } from '../../packages/core/src/capfilt';
import { BLIP, CLIP } from '../../packages/core/src/models';
import { ParameterStore, type HostTensor } from '../../packages/core/src/runtime';
import { Tokenizer } from '../../packages/core/src/text';

export const tokenizerDir = join(shapesDirectory, 'tokenizer');
export const tokenizer = Tokenizer.fromFolder(tokenizerDir);

const block = { hiddenSize: 12, intermediateSize: 20, numHiddenLayers: 1, numAttentionHeads: 3 };
const visionConfig = { ...block, imageSize: 64, patchSize: 16 };
const text = { ...block, vocabSize: tokenizer.vocabularySize, maxPositionEmbeddings: 24 };
const end = tokenizer.id('[SEP]');

export const captionerConfig = BLIP.readConfig({
  visionConfig,
  textConfig: { ...text, bosTokenId: tokenizer.id('[DEC]'), sepTokenId: end, padTokenId: tokenizer.padId },
});
export const rankerConfig = CLIP.readConfig({
  visionConfig,
  textConfig: { ...text, eosTokenId: end },
  projectionDim: 8,
});

export const newFolder = (name: string) => mkdtempSync(join(tmpdir(), `blip2-${name}-`));

/** Words that come often, and the end, which comes soon. */
const FAVOURED = ['a', 'red', 'blue', 'circle', 'square', 'above', '[SEP]'];

export function captionerTensors(): Record<string, HostTensor> {
  const parameters = ParameterStore.create(BLIP.build(captionerConfig).parameters(), 1);
  const tensors = parameters.snapshot();
  parameters.dispose();
  const bias = tensors['text_decoder.cls.predictions.bias'].data;
  for (const word of FAVOURED) bias[tokenizer.id(word)] = 6;
  return tensors;
}

export function captionerFolder(): string {
  const dir = newFolder('captioner');
  savePretrained(dir, BLIP, captionerConfig, captionerTensors());
  return dir;
}

export function rankerFolder(): string {
  const dir = newFolder('ranker');
  const parameters = ParameterStore.create(CLIP.build(rankerConfig).parameters(), 2);
  savePretrained(dir, CLIP, rankerConfig, parameters);
  parameters.dispose();
  return dir;
}

export const randomCaptioner = (): Captioner => loadCaptioner(captionerFolder(), { tokenizerDir });
export const randomRanker = (): Ranker => loadRanker(rankerFolder(), { tokenizerDir });
