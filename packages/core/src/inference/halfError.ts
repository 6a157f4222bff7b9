/** What 16 bit costs in accuracy here: measured on a small language model with random weights. */
import { computeValues, HalfTensor, ParameterStore, tf, type HalfType } from '../runtime';
import { Weights, type Matrix } from '../nn';
import { OPT } from '../models';
import { storageType } from '../checkpoints';

const CONFIG = OPT.readConfig({
  ...{ vocabSize: 512, hiddenSize: 128, ffnDim: 512, numHiddenLayers: 4, numAttentionHeads: 4 },
  initStd: 0.1,
});
const ROWS = 16;

/**
 * The largest difference of a logit, as a share of the largest logit, between float32 and matrices in 16 bit: `rounded` from
 * float32 to begin with, as a model is that was trained in float32; `computed` with the very same values in float32, which
 * is what the way of multiplying alone changes.
 */
export function halfError(dtype: HalfType): { rounded: number; computed: number } {
  const model = OPT.build(CONFIG);
  const store = ParameterStore.create(model.parameters(), 1);
  const exact = store.readAll();
  const isMatrix = (name: string) => storageType(name, store.shape(name), dtype) !== undefined;
  const matrices = store.names().filter(isMatrix);
  const half = Object.fromEntries(matrices.map((name) => [name, HalfTensor.from(exact[name], dtype)]));
  const same = Object.fromEntries(matrices.map((name) => [name, half[name].toFloat32()]));
  const logits = (own: Record<string, Matrix>) =>
    computeValues(() => {
      const ids = tf.range(0, ROWS, 1, 'int32').reshape([1, ROWS]);
      const w = new Weights({ ...exact, ...own });
      return model.logits(w, { embeddings: model.embed(w, ids), mask: tf.onesLike(ids) }, ids);
    });
  const [found, widened, wanted] = [half, same, {}].map(logits);
  const all: Matrix[] = [half, same, exact].flatMap((tensors) => Object.values<Matrix>(tensors));
  all.forEach((tensor) => tensor.dispose());
  store.dispose();
  return { rounded: difference(found, wanted), computed: difference(found, widened) };
}

function difference(values: Float32Array, wanted: Float32Array): number {
  const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return values.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i])), 0) / largest;
}
