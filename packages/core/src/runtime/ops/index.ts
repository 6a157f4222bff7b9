export { gelu, geluTanh, quickGelu, relu, silu } from './activations';
export { attention, softmax, type Attention, type AttentionOptions } from './attention';
export { customGradient } from './customGradient';
export { dropout, stopGradient } from './dropout';
export { argMax, embedding, gatherRows } from './embedding';
export { linear, matmul } from './linear';
export { l2Normalize, layerNorm } from './normalise';
export { IGNORED, softmaxCrossEntropy } from './softmaxCrossEntropy';
