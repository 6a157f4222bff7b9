/**
 * compile(fn): traces fn once per signature of its arguments and replays it as one TensorFlow function.
 * Backward pass and optimizer are part of the trace, since TensorFlow.js's tape runs while it is recorded.
 */
import { afterwards } from './afterwards';
import { activeRecorder, attribute, nativeBinding, recordWith, unpin } from './binding';
import { dtypeNumber, operandIds, toTensor } from './execute';
import { HalfTensor } from './half';
import { precision } from './precision';
import { Trace, type TracedFunction } from './trace';
import { backend, tf } from './tensorflow';
import { leaves, mapLeaves, signature, type TensorTree } from './tree';

export interface CompileOptions {
  /** Compile with XLA: fewer passes over memory, slower to start, other random numbers (see Rng). */
  xla?: boolean;
  /** What logs and errors call it. */
  name?: string;
}

/** One line of the log of compilations. */
export interface Compilation {
  name: string;
  signature: string;
  operations: number;
  bytes: number;
  /** Tracing and the first run, in which TensorFlow optimises (and XLA compiles). */
  seconds: number;
}

export type Compiled<A extends TensorTree[], R extends TensorTree> = ((...args: A) => R) & {
  /** How many signatures were compiled. */
  signatures(): number;
  /** Frees the functions; a later call traces again. */
  dispose(): void;
};

let eager = false;
const listeners = new Set<(compilation: Compilation) => void>();
let functions = 0;

/** Calls `listener` after each compilation; the result stops it. */
export function onCompilation(listener: (compilation: Compilation) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * Runs `body`, to its end if it returns a promise, with compile() switched off: to read values inside while looking for
 * a mistake, and to compare.
 */
export function runEagerly<T>(body: () => T): T {
  const before = eager;
  eager = true;
  return afterwards(body, () => void (eager = before));
}

/**
 * The compiled form of `fn`. Whatever differs from call to call must come in as a tensor: a JavaScript number
 * used inside is frozen into the trace. Tensors from outside are captured; variables are read and written in place.
 * @throws Blip2Error when fn reads a tensor's value
 */
export function compile<A extends TensorTree[], R extends TensorTree>(
  fn: (...args: A) => R,
  options: CompileOptions = {},
): Compiled<A, R> {
  const name = options.name ?? (fn.name || 'function');
  const cache = new Map<string, { traced: TracedFunction; result: R }>();
  const attributes = options.xla ? [attribute('_XlaMustCompile', 'bool', true)] : [];

  const run = ({ traced, result }: { traced: TracedFunction; result: R }, args: A): R => {
    const inputs = [...operandIds(leaves(args)), ...traced.captured];
    const outputs = backend.binding.executeOp(traced.name, attributes, inputs, traced.outputs.length);
    let next = 0;
    return mapLeaves(result, (leaf) => {
      const output = outputs[next++];
      return leaf instanceof HalfTensor
        ? new HalfTensor(output.id, output.shape, leaf.dtype)
        : toTensor(output);
    });
  };

  const compiled = (...args: A): R => {
    if (activeRecorder()) return fn(...args); // part of a larger compiled function
    if (eager) return tf.tidy(() => fn(...args) as never);
    // Part of the key, since it decides what products are recorded (see withPrecision).
    const key = precision() === 'fp32' ? signature(args) : `${precision()} ${signature(args)}`;
    const known = cache.get(key);
    if (known) return run(known, args);
    const start = performance.now();
    const entry = trace(fn, args, new Trace(name, options.xla));
    cache.set(key, entry);
    const result = run(entry, args);
    const seconds = (performance.now() - start) / 1000;
    const { operations, bytes } = entry.traced;
    for (const listener of listeners) listener({ name, signature: key, operations, bytes, seconds });
    return result;
  };

  const dispose = (): void => {
    for (const { traced } of cache.values()) {
      nativeBinding().removeFunction(traced.name);
      traced.captured.forEach(unpin);
    }
    cache.clear();
  };
  return Object.assign(compiled, { signatures: () => cache.size, dispose });
}

/** Records one run of fn on stand-ins for its arguments. */
function trace<A extends TensorTree[], R extends TensorTree>(
  fn: (...args: A) => R,
  args: A,
  recording: Trace,
): { traced: TracedFunction; result: R } {
  const { name } = recording;
  const engine = tf.engine();
  engine.startScope(name);
  try {
    return recordWith(recording, () => {
      const standIns = mapLeaves(args, (leaf) => {
        const metadata = recording.input(dtypeNumber(leaf.dtype), leaf.shape);
        return leaf instanceof HalfTensor
          ? new HalfTensor(metadata.id, metadata.shape, leaf.dtype)
          : toTensor(metadata);
      });
      const result = fn(...standIns);
      const outputs = operandIds(leaves(result));
      const traced = recording.finish(`blip2_${name.replace(/\W+/g, '_')}_${functions++}`, outputs);
      return { traced, result };
    });
  } catch (error) {
    recording.abandon();
    throw error;
  } finally {
    engine.endScope();
  }
}
