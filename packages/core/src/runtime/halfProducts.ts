/** How products of few rows, and those with matrices in 16 bit, are computed. */
import { cpu, hasUnits } from './cpu';
import type { HalfType } from './half';
import { hasKernels } from './kernels';
import { precision } from './precision';
import { backend } from './tensorflow';

/**
 * - `direct`: the matrix is read as it is and widened in the processor's registers; sums in float32 (Blip2FewRows);
 * - `units`: by units for such products, on a GPU or in the processor: the other operand is rounded to 16 bit as well;
 * - `widened`: a float32 copy of the matrix is made for each product.
 */
export type HalfMethod = 'direct' | 'units' | 'widened';

/** Beyond so many rows a copy costs less than what `direct` loses to a product of float32 (docs/performance.md). */
const DIRECT_ROWS = 64;
/** The same for a matrix in float32: beyond, TensorFlow's product is as fast or faster. */
const FLOAT32_ROWS = 16;

let isReading = false;

/**
 * Runs `body` with products of up to 16 rows read straight from their float32 matrices (Blip2FewRows), which takes a half to
 * nine tenths of the time of TensorFlow's. For what writes tokens: other bits than TensorFlow's would change what training computes.
 */
export function withFewRows<T>(body: () => T): T {
  const previous = isReading;
  isReading = true;
  try {
    return body();
  } finally {
    isReading = previous;
  }
}

/** Whether x · matrixᵀ in float32, with so many rows of x, is computed by Blip2FewRows (see `withFewRows`). */
export const isDirectProduct = (rows: number): boolean =>
  isReading && rows <= FLOAT32_ROWS && precision() === 'fp32' && hasKernels();

const known = new Map<HalfType, boolean>();

/** False on most CPUs, where TensorFlow's 16-bit products take up to ten times as long as float32's. */
function hasProducts(dtype: HalfType): boolean {
  let answer = known.get(dtype);
  if (answer === undefined) {
    answer = backend.binding.isUsingGpuDevice() || hasUnits(cpu(), dtype);
    known.set(dtype, answer);
  }
  return answer;
}

/** What `blip2 doctor` says of it: the method for few rows, for many, and where one turns into the other. */
export function halfMethods(dtype: HalfType): { few: HalfMethod; many: HalfMethod; upTo: number } {
  return { few: halfMethod(dtype, 1), many: halfMethod(dtype, Infinity), upTo: DIRECT_ROWS };
}

/**
 * How x · matrixᵀ with so many rows of x is computed here. By what the processor has and nothing else: a time that was
 * measured would give other results on a busy day.
 */
export function halfMethod(dtype: HalfType, rows: number): HalfMethod {
  if (precision() === 'bf16') return 'units';
  if (rows <= DIRECT_ROWS && hasKernels()) return 'direct';
  return hasProducts(dtype) ? 'units' : 'widened';
}
