/** `expect(tensor).toBeAllclose(expected)`: shapes equal, and |a − b| ≤ atol + rtol · |b| for every element. */
import { expect } from 'vitest';
import type { Tensor } from '../../packages/core/src/runtime';

export interface Values {
  shape: number[];
  data: ArrayLike<number>;
}

export interface Tolerance {
  rtol?: number;
  atol?: number;
  /** Whether NaN is as NaN, and an infinite number as itself; by default no number is expected to be either. */
  equalNaN?: boolean;
}

interface AllcloseMatchers<R> {
  toBeAllclose(expected: Tensor | Values, tolerance?: Tolerance): R;
}

declare module 'vitest' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type, @typescript-eslint/no-explicit-any
  interface Matchers<T = any> extends AllcloseMatchers<T> {}
}

export function values(x: Tensor | Values): Values {
  return 'dataSync' in x ? { shape: x.shape, data: x.dataSync() } : x;
}

expect.extend({
  toBeAllclose(
    received: Tensor | Values,
    expected: Tensor | Values,
    { rtol = 1e-5, atol = 1e-6, equalNaN = false }: Tolerance = {},
  ) {
    const a = values(received);
    const b = values(expected);
    if (`${a.shape}` !== `${b.shape}`) {
      return { pass: false, message: () => `shape [${a.shape}] instead of [${b.shape}]` };
    }
    let worst = { at: -1, excess: 0 };
    for (let i = 0; i < b.data.length; i++) {
      if (equalNaN && Object.is(a.data[i], b.data[i])) continue;
      const excess = Math.abs(a.data[i] - b.data[i]) - (atol + rtol * Math.abs(b.data[i]));
      if (excess > worst.excess || Number.isNaN(excess)) worst = { at: i, excess };
      if (Number.isNaN(excess)) break;
    }
    const found = `element ${worst.at} of [${a.shape}]: ${a.data[worst.at]} instead of ${b.data[worst.at]}`;
    return { pass: worst.at < 0, message: () => `${found} (rtol ${rtol}, atol ${atol})` };
  },
});
