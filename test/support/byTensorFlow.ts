/** What TensorFlow's own operations give. */
import { afterwards } from '../../packages/core/src/runtime/afterwards';
import { backend } from '../../packages/core/src/runtime/tensorflow';

/** Runs `body`, to its end if it returns a promise, without operations of our own: as on a GPU and on other processors. */
export function byTensorFlow<T>(body: () => T): T {
  const { binding } = backend;
  const { hasKernels } = binding;
  Object.assign(binding, { hasKernels: false });
  return afterwards(body, () => void Object.assign(binding, { hasKernels }));
}
