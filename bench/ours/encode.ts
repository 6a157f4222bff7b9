/**
 * Our vision towers, for the harness to time: the protocol is that of bench/peers (README there). The model is one of
 * bench/models.ts.
 *
 *   BLIP2_BENCH_MODELS=DIR npx tsx bench/ours/encode.ts bench/peers/encode-vit-l.json --warm-up 1 --steps 3
 *
 * A step turns `batch` normalised pictures into features on the host. Variants: compiled; bf16 and half, whose
 * matrices are stored in bfloat16 and float16.
 */
import { modelFolder, pattern, readConfig, serve, storage } from './serve';

interface EncodingCase {
  model: string;
  batch: number;
}

async function main(): Promise<void> {
  const { model, batch } = readConfig<EncodingCase>();
  const { computeValues, tf } = await import('../../packages/core/src/runtime');
  const { loadVisionTower } = await import('../../packages/core/src/data');
  const { visionCost } = await import('../../packages/core/src/recipes/plan/visionCost');

  const tower = loadVisionTower(modelFolder(model), { dtype: storage });
  const side = tower.imageSize;
  const pixels = tf.tensor(pattern(batch * side * side * 3), [batch, side, side, 3]);
  await serve(() => computeValues(() => tower.encode(pixels)), {
    operations: batch * visionCost(tower, side, false).forward,
    sample: (features) => sampleOf([...features.slice(-tower.hiddenSize)]),
  });
}

/** The beginning of the last token, normed, since some towers end with a norm. */
function sampleOf(token: number[]): number[] {
  const mean = token.reduce((sum, x) => sum + x, 0) / token.length;
  const variance = token.reduce((sum, x) => sum + (x - mean) ** 2, 0) / token.length;
  return token.slice(0, 16).map((x) => (x - mean) / Math.sqrt(variance));
}

void main();
