/** In what type a parameter is stored. */
import type { HalfType } from '../runtime';

/** Tables of positions: small, and sliced or added rather than multiplied. */
const POSITIONS = /position|relative_attention_bias/;

/** The runtime's 16-bit types by their names in files. */
export const HALF_TYPES: Readonly<Partial<Record<string, HalfType>>> = { F16: 'float16', BF16: 'bfloat16' };

/** Matrices (tables of words too: a tied head is one) may take 16 bit; norms, biases, positions stay float32. */
export function storageType(name: string, shape: readonly number[], dtype?: HalfType): HalfType | undefined {
  const isMatrix = shape.length === 2 && name.endsWith('.weight') && !POSITIONS.test(name);
  return isMatrix ? dtype : undefined;
}
