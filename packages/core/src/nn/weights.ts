/** A read-only view of named tensors: what every layer is a function of. Names are Hugging Face's. */
import { Blip2Error, HalfTensor, type Tensor } from '../runtime';

/** A layer's matrix: frozen towers may store theirs in 16 bit. */
export type Matrix = Tensor | HalfTensor;

/** Tensors by name. */
export type NamedTensors = Readonly<Record<string, Matrix | undefined>>;

/** Tensors by name, seen from a scope: `w.scope("mlp").get("weight")`. */
export class Weights {
  constructor(
    private readonly tensors: NamedTensors,
    private readonly prefix = '',
  ) {}

  /** The same tensors seen from inside `name`: `w.scope('attention').get('query.weight')`. */
  scope(name: string): Weights {
    return new Weights(this.tensors, `${this.prefix}${name}.`);
  }

  /** These, and others beside them: what is trained beside what is frozen. */
  with(others: NamedTensors): Weights {
    return new Weights({ ...this.tensors, ...others }, this.prefix);
  }

  /** All tensors within this scope, by their names in it. */
  entries(): NamedTensors {
    const within = Object.entries(this.tensors).filter(([name]) => name.startsWith(this.prefix));
    return Object.fromEntries(within.map(([name, tensor]) => [name.slice(this.prefix.length), tensor]));
  }

  has(name: string): boolean {
    return this.tensors[this.prefix + name] !== undefined;
  }

  /** @throws Blip2Error if the tensor is missing, or stored in 16 bit (see `matrix`). */
  get(name: string): Tensor {
    const tensor = this.matrix(name);
    if (tensor instanceof HalfTensor) {
      throw new Blip2Error(
        `${this.prefix}${name} is stored as ${tensor.dtype}, which only matrix products and tables take`,
        {
          hint: 'Store norms and biases in float32.',
        },
      );
    }
    return tensor;
  }

  /** A matrix for `linear`, or a table for `embed`, in either storage. @throws Blip2Error if it is missing. */
  matrix(name: string): Matrix {
    const tensor = this.tensors[this.prefix + name];
    if (tensor) return tensor;
    throw new Blip2Error(`The model's weights lack ${this.prefix}${name}`, {
      hint: 'The configuration and the weights do not belong together: compare config.json with the file of weights.',
    });
  }
}
