/**
 * Loads TensorFlow once for the process and gives everyone the same `tf`. Settings that TensorFlow reads at
 * load time are made here; each can be overridden from the environment.
 */
import type * as tfjs from '@tensorflow/tfjs-node-gpu';
import { existsSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
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

/** quiet.node: what is done before TensorFlow's libraries are there (packages/core/native/quiet). */
interface Helper {
  preload(): void;
  mute(): void;
  unmute(): void;
}

const NATIVE = join('lib', 'napi-v8');

function helperIn(folder: string): Helper | undefined {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    return require(join(folder, NATIVE, 'quiet.node')) as Helper;
  } catch {
    return undefined; // not built, or not for this machine
  }
}

/** Runs `body` with standard error held back, unless TensorFlow's log is asked for. */
function quietly<T>(helper: Helper | undefined, body: () => T): T {
  if (!helper || Number(process.env.TF_CPP_MIN_LOG_LEVEL) < 3) return body();
  helper.mute();
  try {
    return body();
  } finally {
    helper.unmute();
  }
}

/** TensorFlow.js asks node-pre-gyp where its binding lies: some hundred modules for a path that is known. */
function withBindingFound<T>(folder: string, body: () => T): T {
  const id = createRequire(join(folder, 'package.json')).resolve('@mapbox/node-pre-gyp');
  if (require.cache[id]) return body();
  const standIn = new Module(id);
  standIn.exports = { find: () => join(folder, NATIVE, 'tfjs_binding.node') };
  require.cache[id] = standIn;
  try {
    return body();
  } finally {
    delete require.cache[id];
  }
}

/** Reads the JavaScript while a thread loads the libraries, most of whose time goes into finding symbols. */
function requireTensorFlow(): typeof tfjs {
  const folder = dirname(require.resolve('@tensorflow/tfjs-node-gpu/package.json'));
  const helper = helperIn(folder);
  return quietly(helper, () => {
    helper?.preload();
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    return withBindingFound(folder, () => require('@tensorflow/tfjs-node-gpu') as typeof tfjs);
  });
}

/** Where an NVIDIA driver shows itself: on Linux, and in its place on Windows. */
const DRIVER_FILES = ['/proc/driver/nvidia/version', '/usr/lib/wsl/lib/libcuda.so.1'];

function load(): typeof tfjs {
  setDefault('TF_CPP_MIN_LOG_LEVEL', '3');
  // Off by default on CPUs without AVX-512, where it is 1.4x faster all the same (768-wide matrix products).
  setDefault('TF_ENABLE_ONEDNN_OPTS', '1');
  // An operation takes all cores. Two at a time would have three threads on two cores, and one core idle while two of them share
  // the other: 8% of a stage-2 step. A GPU is given its work by as many threads as TensorFlow wants.
  if (!DRIVER_FILES.some((file) => existsSync(file))) setDefault('TF_NUM_INTEROP_THREADS', '1');
  // Two helpers that TensorFlow.js still calls: Node 22 warns of them, Node 23 dropped one.
  const util = nodeUtil as unknown as Record<string, unknown>;
  const host = (util.default ?? util) as Record<string, unknown>;
  host.isNullOrUndefined = (value: unknown) => value === null || value === undefined;
  host.isArray = Array.isArray;
  try {
    const loaded = requireTensorFlow();
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
