/** Whether the hardware multiplies 16-bit matrices. */
import { cpu } from './cpu';
import type { HalfType } from './half';
import { backend } from './tensorflow';

const UNITS: Record<HalfType, readonly string[]> = {
  bfloat16: ['AVX-512 BF16', 'AMX BF16'],
  float16: ['AVX-512 FP16', 'AMX FP16'],
};

const known = new Map<HalfType, boolean>();

/** False on most CPUs, where TensorFlow's 16-bit products take up to ten times as long as float32's. */
export function multipliesHalf(dtype: HalfType): boolean {
  let answer = known.get(dtype);
  if (answer === undefined) {
    const { features = [] } = cpu();
    answer = backend.binding.isUsingGpuDevice() || UNITS[dtype].some((unit) => features.includes(unit));
    known.set(dtype, answer);
  }
  return answer;
}
