/**
 * Our vision towers with random weights of a published shape, for the harness to time: the protocol is that of
 * bench/peers (README there).
 *
 *   npx tsx bench/ours/encode.ts bench/peers/encode-vit-l.json --warm-up 1 --steps 3
 *
 * A step turns `batch` normalised pictures into features on the host. Variants: compiled, half (weights stored in float16).
 */
import type { Matrix } from '../../packages/core/src/nn';
import { readConfig, serve, variant } from './serve';

interface EncodingCase {
  /** A config.json. */
  model: { model_type: string };
  batch: number;
}

async function main(): Promise<void> {
  const c = readConfig<EncodingCase>();
  const { compile, computeValues, HalfTensor, ParameterStore, Rng } =
    await import('../../packages/core/src/runtime');
  const { Weights } = await import('../../packages/core/src/nn');
  const { VISION_FAMILIES } = await import('../../packages/core/src/models');
  const { configFromDisk } = await import('../../packages/core/src/checkpoints');
  const { storageType } = await import('../../packages/core/src/checkpoints/storage');
  const { visionCost } = await import('../../packages/core/src/recipes/plan/visionCost');

  const family = VISION_FAMILIES[c.model.model_type];
  const config = family.readConfig(configFromDisk(c.model));
  const tower = family.build(config);
  const stored = Object.entries(tower.parameters()).map(([name, spec]): [string, Matrix] => {
    const store = ParameterStore.create({ [name]: spec }, 0);
    const wide = store.read(name);
    store.dispose();
    const dtype = variant === 'half' ? storageType(name, wide.shape, 'float16') : undefined;
    if (!dtype) return [name, wide];
    const half = HalfTensor.from(wide, dtype);
    wide.dispose();
    return [name, half];
  });
  const weights = new Weights(Object.fromEntries(stored));
  const pixels = Rng.from(1).normal([c.batch, tower.imageSize, tower.imageSize, 3]);
  const encode = compile((x: typeof pixels) => tower.features(weights, x), { name: 'visionTower' });
  const shape = { model: tower, config: { modelType: c.model.model_type, config } };
  const operations = c.batch * visionCost(shape, tower.imageSize, false).forward;
  await serve(() => computeValues(() => encode(pixels)), { operations });
}

void main();
