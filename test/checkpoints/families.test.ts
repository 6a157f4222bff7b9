/** Every family: random weights into a folder and back. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fromPretrained, savePretrained } from '../../packages/core/src/checkpoints';
import { HalfTensor, ParameterStore, tf, type Tensor } from '../../packages/core/src/runtime';
import type { Matrix } from '../../packages/core/src/nn';
import { SMALL_MODELS } from './smallModels';

const root = mkdtempSync(join(tmpdir(), 'blip2-families-'));

/** The bytes of each tensor, by name. */
function bytesOf(tensors: Readonly<Record<string, Matrix>>): Record<string, Buffer> {
  const bytes = (tensor: Matrix) =>
    tensor instanceof HalfTensor ? tensor.bytes() : (tensor.dataSync().buffer as ArrayBuffer);
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, Buffer.from(bytes(tensor).slice(0))]),
  );
}

/** ‖a − b‖ / ‖b‖ */
function distance(a: Tensor, b: Tensor): number {
  return tf.tidy(() => tf.div(tf.norm(tf.sub(a, b)), tf.norm(b)).dataSync()[0]);
}

describe.each(SMALL_MODELS)('$name', ({ name, family, config: fields, run }) => {
  const config = family.readConfig(fields);
  const parameters = ParameterStore.create(family.build(config).parameters(), 7);
  // Zeros and ones, which norms and biases start with, would hide mistakes.
  for (const parameter of parameters.names()) {
    tf.tidy(() =>
      parameters.assign(parameter, tf.randomNormal(parameters.shape(parameter), 0, 0.3, 'float32', 5)),
    );
  }
  const values = parameters.snapshot();
  const dir = join(root, name);

  test('comes back bit for bit, with its configuration', () => {
    savePretrained(dir, family, config, parameters);
    const frozen = fromPretrained(dir, family);
    expect(frozen.config).toEqual(config);
    const found = Object.entries(frozen.tensors).map(([parameter, tensor]) => {
      return [parameter, { shape: tensor.shape, data: (tensor as Tensor).dataSync() }];
    });
    expect(Object.fromEntries(found)).toEqual(values);
    frozen.dispose();
    const trained = fromPretrained(dir, family, { trainable: () => true });
    expect(trained.parameters.snapshot()).toEqual(values);
    trained.dispose();
  });

  test.each(['bfloat16', 'float16'] as const)(
    'in %s, rounded when it is saved or when it is loaded',
    (dtype) => {
      const rounded = fromPretrained(dir, family, { dtype });
      const small = join(root, `${name}-${dtype}`);
      savePretrained(small, family, config, parameters, { dtype, maxShardSize: 5000 });
      const stored = fromPretrained(small, family, { dtype });
      expect(bytesOf(stored.tensors)).toEqual(bytesOf(rounded.tensors));
      expect(Object.values(stored.tensors).some((tensor) => tensor instanceof HalfTensor)).toBe(true);

      const wide = fromPretrained(small, family);
      const [half, full] = [stored, wide].map((loaded) => run(loaded.model, loaded.weights));
      half.forEach((output, i) => expect(distance(output, full[i])).toBeLessThan(0.1));

      const widened = Object.entries(rounded.tensors).map(([parameter, tensor]) => {
        return [parameter, tensor instanceof HalfTensor ? tensor.toFloat32() : tensor] as const;
      });
      expect(bytesOf(wide.tensors)).toEqual(bytesOf(Object.fromEntries(widened)));
      for (const loaded of [rounded, stored, wide]) loaded.dispose();
    },
  );
});
