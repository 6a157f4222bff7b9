/** What TensorFlow runs here. */
import { backend, tf } from './tensorflow';

export interface TensorFlowInfo {
  /** Of libtensorflow. */
  version: string;
  /** Of TensorFlow.js. */
  tfjs: string;
  /** Whether the native backend does the work (and not JavaScript or WebAssembly). */
  native: boolean;
  devices: ('CPU' | 'GPU')[];
}

export function tensorFlowInfo(): TensorFlowInfo {
  const { TF_Version: version } = backend.binding;
  const devices: TensorFlowInfo['devices'] = backend.binding.isUsingGpuDevice() ? ['CPU', 'GPU'] : ['CPU'];
  return { version, tfjs: tf.version_core, native: tf.getBackend() === 'tensorflow', devices };
}
