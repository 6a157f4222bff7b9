/** What parity tests ask of a model, whatever it is. */
import { expect } from 'vitest';
import type { Matrix } from '../../packages/core/src/nn';
import { Weights } from '../../packages/core/src/nn';
import {
  HalfTensor,
  tf,
  type HalfType,
  type ParameterSpecs,
  type Tensor,
} from '../../packages/core/src/runtime';
import { backend } from '../../packages/core/src/runtime/tensorflow';
import type { Values } from './allclose';
import { gradientError, type Fixture } from './fixtures';
import { relativeError } from './relativeError';

/** States and logits: the project's rule. */
export function expectParity(found: Tensor, expected: Tensor | Values, what?: string): void {
  expect(relativeError(found, expected), what).toBeLessThanOrEqual(2e-4);
}

/** Gradients, which are there under `prefix`: the same names, and the project's rule. */
export function expectGradients(fixture: Fixture, prefix: string, found: Record<string, Tensor>): void {
  const names = fixture.names(prefix);
  expect(Object.keys(found).sort()).toEqual(names.sort());
  const expected = Object.fromEntries(names.map((name) => [name, fixture.values(prefix + name)]));
  const worst = gradientError(expected, found);
  expect(worst.error, worst.name).toBeLessThanOrEqual(1e-4);
}

/** Exactly the names and shapes of the tensors. */
export function expectParameters(specs: ParameterSpecs, tensors: Record<string, Tensor>): void {
  const shapes = (all: Record<string, { shape: number[] }>) =>
    Object.fromEntries(Object.entries(all).map(([name, { shape }]) => [name, shape]));
  expect(shapes(specs)).toEqual(shapes(tensors));
}

/** The tensors that `isMatrix` picks in 16 bit. */
export function halved(
  tensors: Record<string, Tensor>,
  dtype: HalfType,
  isMatrix: (name: string) => boolean,
): Weights {
  const entries = Object.entries(tensors).map(([name, tensor]) => [
    name,
    isMatrix(name) ? HalfTensor.from(tensor, dtype) : tensor,
  ]);
  return new Weights(Object.fromEntries(entries) as Record<string, Matrix>);
}

/** Runs `body` twice: the second time must leave nothing behind. */
export function expectNoLeak(body: () => unknown): void {
  const held = () => [tf.memory().numTensors, backend.binding.getNumOfTensors()];
  const run = () => void tf.tidy(() => void body());
  run();
  const before = held();
  run();
  expect(held()).toEqual(before);
}
