/** What TensorFlow's own operations give. */
import { backend } from '../../packages/core/src/runtime/tensorflow';

/** Runs `body`, to its end if it returns a promise, without operations of our own: as on a GPU and on other processors. */
export function byTensorFlow<T>(body: () => T): T {
  const { binding } = backend;
  const { hasKernels } = binding;
  const restore = () => void Object.assign(binding, { hasKernels });
  Object.assign(binding, { hasKernels: false });
  let result: T | undefined;
  try {
    result = body();
    return result instanceof Promise ? (result.finally(restore) as T) : result;
  } finally {
    if (!(result instanceof Promise)) restore();
  }
}
