/** Whether the hardware multiplies 16-bit matrices. */
import { cpu, hasUnits } from './cpu';
import type { HalfType } from './half';
import { backend } from './tensorflow';

const known = new Map<HalfType, boolean>();

/** False on most CPUs, where TensorFlow's 16-bit products take up to ten times as long as float32's. */
export function multipliesHalf(dtype: HalfType): boolean {
  let answer = known.get(dtype);
  if (answer === undefined) {
    answer = backend.binding.isUsingGpuDevice() || hasUnits(cpu(), dtype);
    known.set(dtype, answer);
  }
  return answer;
}
