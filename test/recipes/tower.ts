/** Frozen ViTs of random weights for Shapes, in folders as CLIP's and as EVA's, and a small world in front of them. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ParameterStore } from '../../packages/core/src/runtime';
import { CLIP, EVA_VISION, type VitConfig } from '../../packages/core/src/models';
import { savePretrained } from '../../packages/core/src/checkpoints';
import {
  loadVisionTower,
  shapes,
  type FrozenVisionTower,
  type ShapesDataset,
} from '../../packages/core/src/data';

const VIT: VitConfig = {
  family: 'clip',
  hiddenSize: 16,
  intermediateSize: 32,
  numHiddenLayers: 2,
  numAttentionHeads: 2,
  imageSize: 64,
  patchSize: 16,
  hiddenAct: 'quick_gelu',
  layerNormEps: 1e-5,
};

export const randomTower = (): FrozenVisionTower => loadVisionTower(randomTowerDir());

/** The folder of a whole CLIP. */
export function randomTowerDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'blip2-tower-'));
  const text = { ...VIT, vocabSize: 4, maxPositionEmbeddings: 2, eosTokenId: 3 };
  const config = { vision: VIT, text, projectionDim: 2, logitScaleInitValue: 0 };
  const parameters = ParameterStore.create(CLIP.build(config).parameters(), 1);
  savePretrained(dir, CLIP, config, parameters);
  parameters.dispose();
  return dir;
}

export const randomEva = (): FrozenVisionTower => loadVisionTower(randomEvaDir());

/** @param size other numbers than those of the towers of Shapes */
export function randomEvaDir(size: Partial<VitConfig> = {}): string {
  const dir = mkdtempSync(join(tmpdir(), 'blip2-tower-'));
  const config = { ...VIT, ...size, family: 'eva' as const, visionFeatureLayer: -1 };
  const parameters = ParameterStore.create(EVA_VISION.build(config).parameters(), 1);
  savePretrained(dir, EVA_VISION, config, parameters);
  parameters.dispose();
  return dir;
}

export function smallShapes(): ShapesDataset {
  return shapes({ train: 80, validation: 20, test: 12 });
}

/** A Q-Former as small as it gets. */
export const SMALL = {
  queries: 2,
  qformer: { width: 16, layers: 2, heads: 2, feedForward: 16, projection: 8 },
  steps: 6,
  batchSize: 8,
  learningRate: 2e-3,
  warmupSteps: 2,
};
