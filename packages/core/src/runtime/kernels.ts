/** The operations of our own (packages/core/native): for x86 processors with AVX2, FMA and F16C. */
import { activeRecorder } from './binding';
import { backend } from './tensorflow';

/** Whether they are there, and may be taken for what is computed or recorded now: XLA knows TensorFlow's alone. */
export function hasKernels(): boolean {
  const { binding } = backend;
  return binding.hasKernels && !binding.isUsingGpuDevice() && !activeRecorder()?.isXla;
}
