/** Tensors that do not lie row by row: transposed ones, parts of others. Strides count elements. */

/** Of a tensor that lies row by row without gaps. */
export function rowMajor(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i];
  }
  return strides;
}

/** Does it lie row by row? The stride of a side of one says nothing. */
export function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  const usual = rowMajor(shape);
  return shape.includes(0) || shape.every((side, i) => side === 1 || strides[i] === usual[i]);
}

/** Elements from the first to one past the last. */
export function extent(shape: readonly number[], strides: readonly number[]): number {
  return shape.includes(0) ? 0 : shape.reduce((sum, side, i) => sum + (side - 1) * strides[i], 1);
}

/** The elements row by row; `size` bytes each. */
export function gather(
  bytes: Uint8Array,
  shape: readonly number[],
  strides: readonly number[],
  size: number,
): Uint8Array {
  const count = shape.reduce((product, side) => product * side, 1);
  const result = new Uint8Array(count * size);
  const index = new Array<number>(shape.length).fill(0);
  let from = 0;
  for (let to = 0; to < count; to++) {
    for (let byte = 0; byte < size; byte++) result[to * size + byte] = bytes[from * size + byte];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= shape[axis] * strides[axis];
      index[axis] = 0;
    }
  }
  return result;
}
