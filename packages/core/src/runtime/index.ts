/** The runtime: the only folder that knows TensorFlow's C side. */
export {
  applyAdamW,
  biasCorrection,
  clipScale,
  createMoments,
  globalNorm,
  type AdamWOptions,
  type AdamWStep,
  type AdamWStores,
  type AdamWUpdate,
} from './adamw';
export { breathe } from './breathe';
export { cluster, Cluster, explainCollective, joinCluster, readCluster, type Share } from './cluster';
export { allGather, allGatherInts, allReduce, allReduceAll, ownShare, withWorkers } from './collectives';
export {
  compile,
  onCompilation,
  runEagerly,
  type Compilation,
  type Compiled,
  type CompileOptions,
} from './compile';
export { computeValues } from './computeValues';
export { cpu, featuresOf, type Cpu } from './cpu';
export { Blip2Error } from './errors';
export { copied } from './execute';
export { valueAndGradients } from './gradients';
export { HalfTensor, type HalfType } from './half';
export { halfMethods, withFewRows, type HalfMethod } from './products';
export { mapTensor } from './mapped';
export * from './ops';
export {
  ParameterStore,
  type HostTensor,
  type Init,
  type ParameterSpec,
  type ParameterSpecs,
} from './parameters';
export { withPrecision, type Precision } from './precision';
export { Rng, type RowRange } from './random';
export { isRecomputing, recomputed, withRecompute, type PartInputs } from './recompute';
export { tensorFlowInfo, type TensorFlowInfo } from './system';
export { tf, type Tensor } from './tensorflow';
export { leaves, mapLeaves, type TensorTree } from './tree';
export { Variable } from './variable';
export { version } from './version';
