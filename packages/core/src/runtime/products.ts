/** Which operation computes a matrix product: one of our own (packages/core/native) or TensorFlow's, by shape and type. */
import { attribute, type OpAttribute } from './binding';
import { cpu, hasUnits, type Cpu } from './cpu';
import { typeAttribute } from './execute';
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

/** Up to so many rows reading a matrix in 16 bit is what a product takes, and it is read as it lies. */
const FEW_ROWS = 64;
/** From so many rows on AMX does so faster than registers (kFewest of packages/core/native/fewRowsAmx.h). */
const AMX_ROWS = 8;
/** The same for a matrix in float32: beyond, other products are as fast or faster. */
const fewFloat32Rows = (): number => (hasAvx512() ? 96 : 16);

/** A result's sides, and how many numbers each of it is a sum of. */
interface Sizes {
  rows: number;
  columns: number;
  summed: number;
}

/** From these on ours is faster than TensorFlow's in float32 (docs/performance-notes.md). */
const MANY_BY_AVX2: Sizes = { rows: 48, columns: 1, summed: 192 };
const MANY_BY_AMX: Sizes = { rows: 128, columns: 128, summed: 192 };

let isReading = false;

/**
 * Runs `body` with products of few rows read straight from their float32 matrices (Blip2FewRows), which takes a half to nine tenths
 * of the time of TensorFlow's. For what writes tokens.
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

const hasAvx512 = (): boolean => here().features?.includes('AVX-512') ?? false;

/** False on most CPUs, where TensorFlow's 16-bit products take up to ten times as long as float32's. */
const hasProducts = (dtype: HalfType): boolean =>
  backend.binding.isUsingGpuDevice() || hasUnits(here(), dtype);

/** AMX for bfloat16. */
const hasAmx = (): boolean => hasKernels() && backend.binding.hasAmx;

/** Whether AMX multiplies these, rounded to bfloat16: it would take bits from float16. */
const isForAmx = (dtype: HalfType | 'float32'): boolean => dtype !== 'float16' && hasAmx();

/** The most rows that are never rounded. */
const exactRows = (dtype: HalfType): number => (isForAmx(dtype) ? AMX_ROWS - 1 : FEW_ROWS);

/** What `blip2 doctor` says of it: the method for few rows, for many, and where one turns into the other. */
export function halfMethods(dtype: HalfType): { few: HalfMethod; many: HalfMethod; upTo: number } {
  return { few: halfMethod(dtype, 1), many: halfMethod(dtype, Infinity), upTo: exactRows(dtype) };
}

/**
 * How x · matrixᵀ with so many rows of x is computed here. By what the processor has and nothing else: a time that was
 * measured would give other results on a busy day.
 */
export function halfMethod(dtype: HalfType, rows: number): HalfMethod {
  if (precision() === 'bf16') return 'units';
  if (rows <= exactRows(dtype) && hasKernels()) return 'direct';
  if (hasProducts(dtype)) return 'units';
  return hasKernels() && !hasAvx512() ? 'direct' : 'widened';
}

/** An operation of our own: it takes two matrices, of which the second may be in 16 bit, and a bias or an empty vector. */
export interface OwnProduct {
  name: string;
  attributes: OpAttribute[];
}

/** For rows that are few: the matrix is read as it is. */
function fewRows(dtype: HalfType | 'float32', rows: number): OwnProduct | undefined {
  const isFew =
    dtype === 'float32'
      ? isReading && rows <= fewFloat32Rows() && precision() === 'fp32'
      : rows <= FEW_ROWS &&
        precision() === 'fp32' &&
        (isForAmx(dtype) || halfMethod(dtype, rows) === 'direct');
  return isFew ? { name: 'Blip2FewRows', attributes: [typeAttribute(dtype)] } : undefined;
}

/** Whether the operation of our own for many rows is taken for a matrix that is not rounded, by AVX2 or by AMX. */
function isMany(dtype: HalfType | 'float32', sizes: Sizes): boolean {
  if (dtype !== 'float32') return !hasAvx512();
  if (hasAvx512() && !hasAmx()) return false;
  const { rows, columns, summed } = hasAmx() ? MANY_BY_AMX : MANY_BY_AVX2;
  return sizes.rows >= rows && sizes.columns >= columns && sizes.summed >= summed;
}

/** The operation of our own for a product of these sizes, or nothing where TensorFlow's is taken. */
export function ownProduct(
  dtype: HalfType | 'float32',
  sizes: Sizes,
  { a = false, b = false }: Transposes,
): OwnProduct | undefined {
  if (!hasKernels() || (a && b)) return undefined;
  const few = !a && b ? fewRows(dtype, sizes.rows) : undefined;
  if (few) return few;
  const isRounded =
    precision() === 'bf16' || (dtype !== 'float32' && halfMethod(dtype, Infinity) === 'units');
  const isOwn = isRounded ? isForAmx(dtype) : isMany(dtype, sizes);
  return isOwn ? matMul(dtype, isRounded, { a, b }) : undefined;
}

/** The same for as many matrices of each side, all in float32: an operation of our own where AMX multiplies them rounded. */
export function ownBatchProduct({ a = false, b = false }: Transposes): OwnProduct | undefined {
  const isOwn = hasAmx() && precision() === 'bf16' && !(a && b);
  return isOwn ? matMul('float32', true, { a, b }) : undefined;
}

function matMul(dtype: HalfType | 'float32', isRounded: boolean, { a, b }: Transposes): OwnProduct {
  const name = a ? 'Blip2MatMulTransposedA' : b ? 'Blip2MatMulTransposedB' : 'Blip2MatMul';
  return { name, attributes: [typeAttribute(dtype), attribute('rounded', 'bool', isRounded)] };
}
