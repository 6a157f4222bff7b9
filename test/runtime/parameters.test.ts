/** Parameters on the device: drawn from seeds, loaded with names for what does not fit. */
import { describe, expect, it } from 'vitest';
import { ParameterStore, tf, type ParameterSpecs } from '../../packages/core/src/runtime';
import '../support/allclose';

const specs: ParameterSpecs = {
  'a.weight': { shape: [200, 300], init: { kind: 'normal', std: 0.02 } },
  'a.bias': { shape: [200], init: { kind: 'zeros' } },
  'norm.weight': { shape: [4], init: { kind: 'ones' } },
  'p.weight': { shape: [100, 100], init: { kind: 'uniform', bound: 0.5 } },
  temp: { shape: [], init: { kind: 'constant', value: 0.07 } },
};

describe('initialisation', () => {
  const store = ParameterStore.create(specs, 3);
  it('has the distributions that the specs name', () => {
    const { mean, variance } = tf.moments(store.read('a.weight'));
    expect(mean.dataSync()[0]).toBeCloseTo(0, 3);
    expect(Math.sqrt(variance.dataSync()[0])).toBeCloseTo(0.02, 3);
    const uniform = store.read('p.weight');
    expect(tf.max(uniform).dataSync()[0]).toBeLessThan(0.5);
    expect(tf.min(uniform).dataSync()[0]).toBeLessThan(-0.49);
    expect(store.read('temp').dataSync()[0]).toBeCloseTo(0.07);
  });
  it('follows the seed, and each name has its own stream', () => {
    const again = ParameterStore.create({ 'a.weight': specs['a.weight'] }, 3);
    expect(again.read('a.weight').dataSync()).toEqual(store.read('a.weight').dataSync());
    const other = ParameterStore.create({ 'a.weight': specs['a.weight'] }, 4);
    expect(other.read('a.weight').dataSync()).not.toEqual(store.read('a.weight').dataSync());
    const renamed = ParameterStore.create({ 'b.weight': specs['a.weight'] }, 3);
    expect(renamed.read('b.weight').dataSync()).not.toEqual(store.read('a.weight').dataSync());
  });
});

describe('loading', () => {
  it('gives back what was taken', () => {
    const [store, other] = [ParameterStore.create(specs, 1), ParameterStore.create(specs, 2)];
    other.load(store.snapshot());
    expect(other.snapshot()).toEqual(store.snapshot());
  });
  it('names every missing, extra and misshapen parameter and changes nothing', () => {
    const store = ParameterStore.create(specs, 1);
    const before = store.snapshot();
    const { temp, ...rest } = store.snapshot();
    const wrong = { ...rest, extra: temp, 'a.bias': { shape: [3], data: new Float32Array(3) } };
    expect(() => store.load(wrong, 'model.safetensors')).toThrow(
      'model.safetensors does not fit the model: temp is missing; extra is not a parameter of this model; a.bias has the shape [3], not [200]',
    );
    expect(store.snapshot()).toEqual(before);
  });
  it('a value that was read does not follow later updates', () => {
    const store = ParameterStore.from({ w: tf.ones([2]) });
    const read = store.read('w');
    store.assign('w', tf.zeros([2]));
    expect(read).toBeAllclose(tf.ones([2]));
    expect(() => store.assign('w', tf.ones([3]))).toThrow('w has the shape [3], not [2]');
    expect(() => store.read('v')).toThrow('There is no parameter "v"');
  });
});

it('a store leaves no tensors behind', () => {
  const before = tf.memory().numTensors;
  ParameterStore.create(specs, 0).dispose();
  expect(tf.memory().numTensors).toBe(before);
});
