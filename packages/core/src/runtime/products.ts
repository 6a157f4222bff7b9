/** Which operation computes a matrix product: one of our own (packages/core/native) or TensorFlow's, by shape and type. */
import { cpu, hasUnits, type Cpu } from './cpu';
import type { HalfType } from './half';
import { hasKernels } from './kernels';
import { precision } from './precision';
import { backend } from './tensorflow';

/**
 * - `direct`: the matrix is read as it is and widened in the processor's registers; sums in float32;
 * - `units`: by units for such products, on a GPU or in the processor: the other operand is rounded to 16 bit as well;
 * - `widened`: a float32 copy of the matrix is made for each product.
 */
export type HalfMethod = 'direct' | 'units' | 'widened';

/** Which operands are transposed. */
export interface Transposes {
  a?: boolean;
  b?: boolean;
}

/** Up to so many rows reading a matrix in 16 bit is what a product takes; beyond, units for such products are faster. */
const FEW_ROWS = 64;
/** The same for a matrix in float32: beyond, and up to MANY_ROWS, TensorFlow's product is as fast or faster. */
const FEW_FLOAT32_ROWS = 16;
/** From so many rows, and sums over so many numbers, on ours is faster than TensorFlow's (docs/performance-notes.md). */
const MANY_ROWS = 48;
const MANY_SUMMED = 192;

let isReading = false;

/**
 * Runs `body` with products of up to 16 rows read straight from their float32 matrices (Blip2FewRows), which takes a half to
 * nine tenths of the time of TensorFlow's. For what writes tokens.
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

/** It does not change, and is asked for at every product. */
let processor: Cpu | undefined;
const here = (): Cpu => (processor ??= cpu());

/** False on most CPUs, where TensorFlow's 16-bit products take up to ten times as long as float32's. */
const hasProducts = (dtype: HalfType): boolean =>
  backend.binding.isUsingGpuDevice() || hasUnits(here(), dtype);

/** Our product is written for AVX2: where registers are larger, TensorFlow's is faster. */
const hasMatMul = (): boolean => hasKernels() && !here().features?.includes('AVX-512');

/** What `blip2 doctor` says of it: the method for few rows, for many, and where one turns into the other. */
export function halfMethods(dtype: HalfType): { few: HalfMethod; many: HalfMethod; upTo: number } {
  return { few: halfMethod(dtype, 1), many: halfMethod(dtype, Infinity), upTo: FEW_ROWS };
}

/**
 * How x · matrixᵀ with so many rows of x is computed here. By what the processor has and nothing else: a time that was
 * measured would give other results on a busy day.
 */
export function halfMethod(dtype: HalfType, rows: number): HalfMethod {
  if (precision() === 'bf16') return 'units';
  if (rows <= FEW_ROWS && hasKernels()) return 'direct';
  if (hasProducts(dtype)) return 'units';
  return hasMatMul() ? 'direct' : 'widened';
}

/**
 * The operation of our own for a product with so many rows in its result, each number of which is a sum of `summed`; or nothing
 * where TensorFlow's is taken. Each takes two matrices, of which the second may be in 16 bit, and a bias or an empty vector.
 */
export function ownProduct(
  dtype: HalfType | 'float32',
  { rows, summed }: { rows: number; summed: number },
  { a = false, b = false }: Transposes,
): string | undefined {
  if (precision() === 'bf16' || !hasKernels()) return undefined;
  const isLayer = !a && b;
  if (dtype === 'float32') {
    if (isLayer && isReading && rows <= FEW_FLOAT32_ROWS) return 'Blip2FewRows';
    if (rows < MANY_ROWS || summed < MANY_SUMMED) return undefined;
  } else {
    if (halfMethod(dtype, isLayer ? rows : Infinity) !== 'direct') return undefined;
    if (isLayer && rows <= FEW_ROWS) return 'Blip2FewRows';
  }
  if (!hasMatMul() || (a && b)) return undefined;
  return a ? 'Blip2MatMulTransposedA' : b ? 'Blip2MatMulTransposedB' : 'Blip2MatMul';
}
