/** Shapes and initial values of the layers' parameters, by name: the counterpart of each layer function. */
import type { Init, ParameterSpecs } from '../runtime';

export const zeros: Init = { kind: 'zeros' };
export const ones: Init = { kind: 'ones' };

/** Normal with mean 0. */
export function normal(std: number): Init {
  return { kind: 'normal', std };
}

/** PyTorch's default for nn.Linear: uniform in ±1/√fan-in. */
function fanInUniform(fanIn: number): Init {
  return { kind: 'uniform', bound: 1 / Math.sqrt(fanIn) };
}

/** A linear layer as PyTorch initialises it: weight and bias uniform in ±1/√fan-in. */
export function defaultLinearSpecs(name: string, fanIn: number, fanOut: number): ParameterSpecs {
  const init = fanInUniform(fanIn);
  return {
    [`${name}.weight`]: { shape: [fanOut, fanIn], init },
    [`${name}.bias`]: { shape: [fanOut], init },
  };
}

/** A linear layer with normal(0, std) weights and a zero bias; std 1/√fan-in where none is given. */
export function linearSpecs(name: string, fanIn: number, fanOut: number, std?: number): ParameterSpecs {
  return {
    ...matrixSpecs(name, fanIn, fanOut, std),
    [`${name}.bias`]: { shape: [fanOut], init: zeros },
  };
}

/** A linear layer without bias. */
export function matrixSpecs(
  name: string,
  fanIn: number,
  fanOut: number,
  std = 1 / Math.sqrt(fanIn),
): ParameterSpecs {
  return { [`${name}.weight`]: { shape: [fanOut, fanIn], init: normal(std) } };
}

/** Layer normalisation over a width: ones and zeros. */
export function layerNormSpecs(name: string, width: number): ParameterSpecs {
  return {
    [`${name}.weight`]: { shape: [width], init: ones },
    [`${name}.bias`]: { shape: [width], init: zeros },
  };
}

/** RMS normalisation over a width: ones. */
export function rmsNormSpecs(name: string, width: number): ParameterSpecs {
  return { [`${name}.weight`]: { shape: [width], init: ones } };
}

/** A table with normal(0, std) values. */
export function embeddingSpecs(name: string, rows: number, width: number, std: number): ParameterSpecs {
  return { [`${name}.weight`]: { shape: [rows, width], init: normal(std) } };
}

/** Specs of `count` equal blocks: `block(name)` is called with `prefix.0`, `prefix.1`, … */
export function repeatSpecs(
  prefix: string,
  count: number,
  block: (name: string, index: number) => ParameterSpecs,
) {
  const specs: ParameterSpecs = {};
  for (let i = 0; i < count; i++) Object.assign(specs, block(`${prefix}.${i}`, i));
  return specs;
}

/** How many numbers the parameters are. */
export function countParameters(specs: ParameterSpecs): number {
  return Object.values(specs).reduce(
    (sum, { shape }) => sum + shape.reduce((size, side) => size * side, 1),
    0,
  );
}
