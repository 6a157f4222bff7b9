export { ACTIVATION_NAMES, ACTIVATIONS, type Activation } from './activations';
export {
  extendMemory,
  multiHeadAttention,
  projectHeads,
  projectMaps,
  rowAttention,
  selfAttention,
  type AttentionOutput,
  type KeyValues,
} from './attention';
export { causalBias, lastReal, realPositions } from './causal';
export {
  addNorm,
  bertLayer,
  bertLayerSpecs,
  crossMemory,
  type BertLayerConfig,
  type BertLayerContext,
} from './bertLayer';
export { encoderLayer, encoderLayerSpecs, type EncoderLayerConfig } from './encoderLayer';
export { emptyCache, incrementalAttention, paddingBias, writeAt, type Slots } from './incremental';
export { embed, layerNorm, linear, rmsNorm, takeBatch } from './layers';
export { recomputable } from './recompute';
export { bicubicMatrix, resizeGrid, type ResizeOptions } from './resizeGrid';
export {
  countParameters,
  defaultLinearSpecs,
  embeddingSpecs,
  layerNormSpecs,
  linearSpecs,
  matrixSpecs,
  normal,
  repeatSpecs,
  rmsNormSpecs,
} from './specs';
export { Weights, type Matrix, type NamedTensors } from './weights';
