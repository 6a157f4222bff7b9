/** The runtime: the only folder that knows TensorFlow's C side. */
export { Blip2Error } from './errors';
export { HalfTensor, type HalfType } from './half';
export * from './ops';
export { withPrecision, type Precision } from './precision';
export { Rng } from './random';
export { tf, type Tensor } from './tensorflow';
