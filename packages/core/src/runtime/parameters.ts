/** A model's trainable parameters: named float32 variables on the device. */
import { Blip2Error } from './errors';
import { Rng } from './random';
import { tf, type Tensor } from './tensorflow';
import { Variable } from './variable';

export type Init =
  | { kind: 'zeros' }
  | { kind: 'ones' }
  | { kind: 'constant'; value: number }
  | { kind: 'normal'; std: number }
  | { kind: 'uniform'; bound: number };

export interface ParameterSpec {
  shape: number[];
  init: Init;
}

/** Names (Hugging Face's state-dict names) to shapes (PyTorch's layouts) and initialisations. */
export type ParameterSpecs = Record<string, ParameterSpec>;

export interface HostTensor {
  shape: number[];
  data: Float32Array;
}

/** A stream of random numbers of its own for each name, so that adding a parameter moves no other. */
function streamOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}

/** The first value of a parameter. */
function initialise(spec: ParameterSpec, name: string, seed: number): Tensor {
  const { shape, init } = spec;
  const rng = Rng.from(seed, streamOf(name));
  switch (init.kind) {
    // On the device: an array in host memory would wait for the garbage collector.
    case 'zeros':
      return tf.fill(shape, 0);
    case 'ones':
      return tf.fill(shape, 1);
    case 'constant':
      return tf.fill(shape, init.value);
    case 'normal':
      return rng.normal(shape, init.std);
    case 'uniform':
      return tf.sub(tf.mul(rng.uniform(shape), 2 * init.bound), init.bound);
  }
}

export class ParameterStore {
  readonly #variables: Map<string, Variable>;

  private constructor(variables: Map<string, Variable>) {
    this.#variables = variables;
  }

  /** Draws every parameter from its spec; equal seeds give equal parameters. */
  static create(specs: ParameterSpecs, seed: number): ParameterStore {
    const variables = Object.entries(specs).map(
      ([name, spec]) => [name, tf.tidy(() => new Variable(initialise(spec, name, seed)) as never)] as const,
    );
    return new ParameterStore(new Map(variables));
  }

  static from(tensors: Record<string, Tensor>): ParameterStore {
    return new ParameterStore(new Map(Object.entries(tensors).map(([name, t]) => [name, new Variable(t)])));
  }

  names(): string[] {
    return [...this.#variables.keys()];
  }

  has(name: string): boolean {
    return this.#variables.has(name);
  }

  variable(name: string): Variable {
    const variable = this.#variables.get(name);
    if (!variable) throw new Blip2Error(`There is no parameter "${name}"`);
    return variable;
  }

  shape(name: string): number[] {
    return this.variable(name).shape;
  }

  read(name: string): Tensor {
    return this.variable(name).read();
  }

  /** Every parameter's value, by name. */
  readAll(): Record<string, Tensor> {
    return Object.fromEntries(this.names().map((name) => [name, this.read(name)]));
  }

  assign(name: string, value: Tensor): void {
    const expected = this.shape(name);
    if (`${value.shape}` !== `${expected}`) {
      throw new Blip2Error(`${name} has the shape [${value.shape}], not [${expected}]`);
    }
    this.variable(name).assign(value);
  }

  /** A copy in host memory. */
  snapshot(): Record<string, HostTensor> {
    const copy = (name: string): HostTensor => {
      const value = this.read(name);
      const data = value.dataSync<'float32'>();
      value.dispose();
      return { shape: this.shape(name).slice(), data };
    };
    return Object.fromEntries(this.names().map((name) => [name, copy(name)]));
  }

  /**
   * Takes over values from the host.
   * @throws Blip2Error naming every missing, extra and misshapen parameter; nothing is changed then
   */
  load(values: Record<string, HostTensor>, source = 'the given values'): void {
    const problems = [
      ...this.names()
        .filter((name) => !(name in values))
        .map((name) => `${name} is missing`),
      ...Object.keys(values)
        .filter((name) => !this.has(name))
        .map((name) => `${name} is not a parameter of this model`),
      ...this.names()
        .filter((name) => name in values && `${values[name].shape}` !== `${this.shape(name)}`)
        .map((name) => `${name} has the shape [${values[name].shape}], not [${this.shape(name)}]`),
    ];
    if (problems.length > 0) {
      throw new Blip2Error(`${source} does not fit the model: ${problems.join('; ')}`, {
        hint: 'Check that config and weights belong to the same model.',
      });
    }
    for (const [name, { shape, data }] of Object.entries(values)) {
      tf.tidy(() => this.assign(name, tf.tensor(data, shape, 'float32')));
    }
  }

  dispose(): void {
    for (const variable of this.#variables.values()) variable.dispose();
    this.#variables.clear();
  }
}
