/**
 * Loads TensorFlow once for the process and gives everyone the same `tf`. Settings that TensorFlow reads at
 * load time are made here; each can be overridden from the environment.
 */
import type * as tfjs from '@tensorflow/tfjs-node-gpu';
import { dirname, join } from 'node:path';
import * as nodeUtil from 'node:util';
import { traceable, type Binding, type OpAttribute, type TensorMetadata } from './binding';
import { Blip2Error } from './errors';

export type Tensor = tfjs.Tensor;

/** The parts of TensorFlow.js's Node backend that the runtime builds on. */
export interface NodeBackend {
  binding: Binding;
  getInputTensorIds(tensors: readonly tfjs.TensorInfo[]): number[];
  createOutputTensor(metadata: TensorMetadata): Tensor;
  executeSingleOutput(name: string, attributes: OpAttribute[], inputs: readonly tfjs.TensorInfo[]): Tensor;
}

function setDefault(name: string, value: string): void {
  process.env[name] ??= value;
}

/** Runs `body` with standard error held back, unless TensorFlow's log is asked for or the helper is not built. */
function quietly<T>(body: () => T): T {
  interface Quiet {
    mute(): void;
    unmute(): void;
  }
  if (Number(process.env.TF_CPP_MIN_LOG_LEVEL) < 3) return body();
  let quiet: Quiet;
  try {
    const folder = dirname(require.resolve('@tensorflow/tfjs-node-gpu/package.json'));
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    quiet = require(join(folder, 'lib', 'napi-v8', 'quiet.node')) as Quiet;
  } catch {
    return body();
  }
  quiet.mute();
  try {
    return body();
  } finally {
    quiet.unmute();
  }
}

function load(): typeof tfjs {
  setDefault('TF_CPP_MIN_LOG_LEVEL', '3');
  // Off by default on CPUs without AVX-512, where it is 1.4x faster all the same (768-wide matrix products).
  setDefault('TF_ENABLE_ONEDNN_OPTS', '1');
  // Two helpers that TensorFlow.js still calls: Node 22 warns of them, Node 23 dropped one.
  const util = nodeUtil as unknown as Record<string, unknown>;
  const host = (util.default ?? util) as Record<string, unknown>;
  host.isNullOrUndefined = (value: unknown) => value === null || value === undefined;
  host.isArray = Array.isArray;
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const loaded = quietly(() => require('@tensorflow/tfjs-node-gpu') as typeof tfjs);
    const backend = loaded.backend() as unknown as NodeBackend;
    if (typeof backend.binding.graphCreate !== 'function') {
      throw new Error('the binding lacks the extensions of packages/core/native');
    }
    backend.binding = traceable(backend.binding);
    return loaded;
  } catch (cause) {
    throw new Blip2Error(`TensorFlow could not be loaded: ${(cause as Error).message.split('\n')[0]}`, {
      hint: '`npx blip2 setup` fetches and builds it. `npx blip2 doctor` tells more.',
      cause,
    });
  }
}

export const tf: typeof tfjs = load();

export const backend = tf.backend() as unknown as NodeBackend;
