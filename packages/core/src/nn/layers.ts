/** The small layers: each a function of its weights and its input. Matrices are [out, in], as in PyTorch. */
import {
  embedding,
  layerNorm as normalise,
  linear as multiply,
  rmsNorm as scaleByRms,
  type Tensor,
} from '../runtime';
import type { Weights } from './weights';

/** x · weightᵀ + bias (where the layer has one): [..., in] → [..., out]. */
export function linear(w: Weights, x: Tensor): Tensor {
  return multiply(x, w.matrix('weight'), w.has('bias') ? w.get('bias') : undefined);
}

/** LayerNorm over the last axis. */
export function layerNorm(w: Weights, x: Tensor, epsilon: number): Tensor {
  return normalise(x, w.get('weight'), w.get('bias'), epsilon);
}

/** LayerNorm without mean and bias, over the last axis. */
export function rmsNorm(w: Weights, x: Tensor, epsilon: number): Tensor {
  return scaleByRms(x, w.get('weight'), epsilon);
}

/** Rows of the layer's table: ids int32 [...] → [..., D]. */
export function embed(w: Weights, ids: Tensor): Tensor {
  return embedding(w.matrix('weight'), ids);
}

/** Elements of a batch, in the order of `indices` int32 [N]: [B, ...] → [N, ...], differentiable. */
export function takeBatch(x: Tensor, indices: Tensor): Tensor {
  const [batch, ...element] = x.shape;
  return embedding(x.reshape([batch, -1]), indices).reshape([indices.shape[0], ...element]);
}
