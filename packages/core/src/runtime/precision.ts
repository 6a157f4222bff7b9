/** Which type matrix products are computed in. Everything else stays float32 (norms, softmax, losses). */
export type Precision = 'fp32' | 'bf16';

let current: Precision = 'fp32';

export function precision(): Precision {
  return current;
}

/** Runs `body`, forward and backward, with its matrix products in `value`. */
export function withPrecision<T>(value: Precision, body: () => T): T {
  const previous = current;
  current = value;
  try {
    return body();
  } finally {
    current = previous;
  }
}
