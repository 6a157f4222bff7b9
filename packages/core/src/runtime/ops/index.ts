export { gelu, geluTanh, quickGelu, relu, silu } from './activations';
export {
  attention,
  attentionContext,
  incrementalContext,
  isContextAlone,
  softmax,
  type Attention,
  type AttentionOptions,
  type Memories,
  type ReadMemory,
  type WrittenMemory,
} from './attention';
export { customGradient } from './customGradient';
export { dropout, stopGradient, withDropout } from './dropout';
export { argMax, embedding, gatherRows } from './embedding';
export { linear, matmul } from './linear';
export { l2Normalize, layerNorm, rmsNorm } from './normalise';
export { normedLinear, normedRows, type NormedRows } from './normedLinear';
export { addToColumns, emptySlots, gatherColumns, putColumns, putSlot } from './scatter';
export { IGNORED, logProbabilities, softmaxCrossEntropy } from './softmaxCrossEntropy';
export { logSoftmax, topK, type TopK } from './topK';
