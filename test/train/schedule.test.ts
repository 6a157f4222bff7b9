import { expect, test } from 'vitest';
import { learningRateAt } from '../../packages/core/src/train';

const options = { learningRate: 2e-3, warmupSteps: 50, steps: 1400 };

test('warm-up is linear and ends at the peak', () => {
  expect(learningRateAt(0, options)).toBeCloseTo(2e-3 / 50, 12);
  expect(learningRateAt(24, options)).toBeCloseTo(1e-3, 12);
  expect(learningRateAt(49, options)).toBe(2e-3);
});

test('half a cosine leads down to the floor', () => {
  expect(learningRateAt(50, options)).toBe(2e-3);
  expect(learningRateAt(50 + 1350 / 2, options)).toBeCloseTo(1e-3, 12);
  expect(learningRateAt(50 + 1350 / 4, options)).toBeCloseTo(1e-3 * (1 + Math.SQRT1_2), 12);
  expect(learningRateAt(1400, options)).toBeCloseTo(0, 12);
  expect(learningRateAt(1400, { ...options, minLearningRate: 5e-4 })).toBeCloseTo(5e-4, 12);
  expect(learningRateAt(9999, options)).toBeCloseTo(0, 12);
});

test('no warm-up, or nothing but warm-up', () => {
  expect(learningRateAt(0, { learningRate: 1, warmupSteps: 0, steps: 10 })).toBe(1);
  expect(learningRateAt(5, { learningRate: 1, warmupSteps: 10, steps: 10 })).toBeCloseTo(0.6, 12);
});
