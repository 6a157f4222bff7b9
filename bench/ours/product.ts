/** A product of two square matrices, for the harness to time: what the machine can do at most. Variants: fp32, bf16. */
import { readConfig, serve, variant } from './serve';

async function main(): Promise<void> {
  const { size } = readConfig<{ size: number }>();
  const { HalfTensor, linear, Rng, tf, withPrecision } = await import('../../packages/core/src/runtime');
  const rng = Rng.from(1);
  const [rows, wide] = [rng.normal([size, size]), rng.normal([size, size])];
  const matrix = variant === 'bf16' ? HalfTensor.from(wide, 'bfloat16') : wide;
  const product = () => void linear(rows, matrix);
  await serve(() => tf.tidy(() => withPrecision(variant as 'fp32' | 'bf16', product)));
}

void main();
