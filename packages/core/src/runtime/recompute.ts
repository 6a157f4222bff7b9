/**
 * Activation recomputation (gradient checkpointing): of a part of a model only the arguments are kept for the backward
 * pass, which computes everything inside a second time, with the same random draws.
 */
import { activeRecorder } from './binding';
import { Blip2Error } from './errors';
import { executeRaw, toTensor } from './execute';
import type { HalfTensor } from './half';
import type { Rng } from './random';
import { whenDifferentiated, type TapeNode } from './tape';
import { tf, type Tensor } from './tensorflow';

let isOn = false;

/** Are parts that can be recomputed (see `recomputed`) to be? */
export const isRecomputing = (): boolean => isOn;

/** Runs `body`, forward and backward, with its parts recomputed, or not. */
export function withRecompute<T>(on: boolean, body: () => T): T {
  const previous = isOn;
  isOn = on;
  try {
    return body();
  } finally {
    isOn = previous;
  }
}

/** What a part of a model reads, by name; gradients flow to arguments and to weights in float32, as far as they are wanted. */
export interface PartInputs {
  args: Readonly<Record<string, Tensor | undefined>>;
  weights: Readonly<Record<string, Tensor | HalfTensor | undefined>>;
  rng?: Rng;
}

/** What TensorFlow.js keeps private. */
interface Engine {
  state: { activeTape: TapeNode[] | null };
  nextTensorId(): number;
  isTapeOn(): boolean;
  addTapeNode(
    name: string,
    inputs: Record<string, Tensor>,
    outputs: Tensor[],
    gradients: (dy: Tensor) => Record<string, () => Tensor>,
    saved: Tensor[],
    attributes: object,
  ): void;
  gradients(
    f: () => Tensor,
    xs: Tensor[],
    dy: Tensor,
    allowNoGradients: boolean,
  ): { grads: (Tensor | undefined)[] };
}

/**
 * `body(inputs)`, of whose values only the inputs are kept for the backward pass, if that is asked for (`withRecompute`).
 * @throws Blip2Error if `body` uses a differentiable tensor that is not among its inputs: no gradient would reach it
 */
export function recomputed(inputs: PartInputs, body: (inputs: PartInputs) => Tensor): Tensor {
  const engine = tf.engine() as unknown as Engine;
  if (!isOn || !engine.isTapeOn()) return body(inputs);
  const part = (given: PartInputs) => withRecompute(false, () => body(given));
  const replay = inputs.rng?.fork();

  const tape = engine.state.activeTape!;
  const before = tape.length;
  const firstId = engine.nextTensorId();
  const output = tf.tidy(() => part(inputs));
  const inside = tape.splice(before);
  for (const { saved } of inside) tf.dispose(saved);

  const used = usedTensors(inside, firstId, inputs);
  // Arguments are results of other parts, whose scope ends before the backward pass; weights live on.
  const args = used.filter(({ kind }) => kind === 'args');
  const saved = args.map(({ tensor }) => tf.keep(tf.clone(tensor)));
  const kept = used.map((one) => saved[args.indexOf(one)] ?? one.tensor);

  let wanted = used;
  const backward = (dy: Tensor): Record<string, () => Tensor> => {
    const again = after(dy, replay ? [...kept, replay.seed] : kept);
    const named = (kind: Kind) =>
      Object.fromEntries(
        used.flatMap((one, i) => (one.kind === kind ? one.names.map((name) => [name, again[i]]) : [])),
      );
    const given: PartInputs = {
      args: named('args'),
      weights: { ...inputs.weights, ...named('weights') },
      rng: replay?.fork(again[used.length]),
    };
    // Together: else the part before begins while gradients of weights still wait here, and what they read piles up.
    const xs = wanted.map((one) => again[used.indexOf(one)]);
    const grads = together(gradientsOf(engine, () => part(given), xs, dy));
    return Object.fromEntries(wanted.map((one, i) => [keyOf(one), () => grads[i]]));
  };
  const differentiable = used.filter(({ tensor }) => tensor.dtype === 'float32');
  const nodeInputs = Object.fromEntries(differentiable.map((one) => [keyOf(one), one.tensor]));
  engine.addTapeNode('Recomputed', nodeInputs, [output], backward, saved, {});
  whenDifferentiated(output, (names) => {
    wanted = used.filter((one) => names.has(keyOf(one)));
  });
  return output;
}

type Kind = 'args' | 'weights';
/** A tensor, which may have several names. */
interface Used {
  kind: Kind;
  names: string[];
  tensor: Tensor;
}

const keyOf = ({ kind, names }: Used): string => `${kind}.${names[0]}`;

/** All arguments, and the weights that operations on the tape read. Tensors from `firstId` on were made on the way. */
function usedTensors(tape: TapeNode[], firstId: number, { args, weights }: PartInputs): Used[] {
  const tensors = tape.flatMap(({ inputs }) => Object.values(inputs));
  const read = new Set(tensors.filter(({ dtype }) => dtype === 'float32').map(({ id }) => id));
  const list = (kind: Kind, named: PartInputs[Kind]): Used[] => {
    const found = new Map<number, Used>();
    for (const [name, tensor] of Object.entries(named)) {
      if (!(tensor instanceof tf.Tensor)) continue;
      const known = found.get(tensor.id);
      if (known) known.names.push(name);
      else found.set(tensor.id, { kind, names: [name], tensor });
    }
    return [...found.values()];
  };
  const used = [
    ...list('args', args),
    ...list('weights', weights).filter(({ tensor }) => read.has(tensor.id)),
  ];
  for (const { tensor } of used) read.delete(tensor.id);
  if ([...read].every((id) => id >= firstId)) return used;
  throw new Blip2Error('A part that is recomputed uses a tensor from outside', {
    hint: 'Pass it among the arguments: no gradient would reach it otherwise.',
  });
}

/**
 * The same tensors, known only once `dy` is. Without it TensorFlow would see that values are computed twice and keep the
 * first ones, or compute the second ones at once.
 */
const after = (dy: Tensor, tensors: Tensor[]): Tensor[] => together([...tensors, dy]).slice(0, -1);

/** The same tensors, known only once all of them are. */
function together(tensors: Tensor[]): Tensor[] {
  if (!activeRecorder()) return tensors;
  return executeRaw('IdentityN', [], tensors, tensors.length).map(toTensor);
}

function gradientsOf(engine: Engine, body: () => Tensor, xs: Tensor[], dy: Tensor): Tensor[] {
  // A tape of its own: TensorFlow.js ends with none at all.
  const outer = engine.state.activeTape;
  try {
    const { grads } = engine.gradients(body, xs, dy, /* allowNoGradients */ true);
    return xs.map((x, i) => grads[i] ?? tf.zerosLike(x));
  } finally {
    engine.state.activeTape = outer;
  }
}
