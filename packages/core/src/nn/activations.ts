/** Activation functions by the names that Hugging Face's config.json calls them. */
import { gelu, geluTanh, quickGelu, relu, silu, tf, type Tensor } from '../runtime';

/** Activation functions by the names that `config.json` has for them. */
export const ACTIVATIONS = {
  /** The exact (erf) form. */
  gelu,
  /** The tanh form, under both of its names. */
  gelu_new: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  quick_gelu: quickGelu,
  relu,
  /** x · σ(x), under both of its names. */
  silu,
  swish: silu,
  tanh: (x: Tensor): Tensor => tf.tanh(x),
} as const;

/** A name in `ACTIVATIONS`. */
export type Activation = keyof typeof ACTIVATIONS;

/** The names, for checking a config.json. */
export const ACTIVATION_NAMES = Object.keys(ACTIVATIONS) as Activation[];
