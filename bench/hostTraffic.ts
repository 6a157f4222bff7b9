/** What passes between JavaScript and TensorFlow while something runs: what a GPU would pay for. */
import { backend } from '../packages/core/src/runtime/tensorflow';
import type { HostValues } from '../packages/core/src/runtime/binding';

/** Counts over one run of a body. */
export interface HostTraffic {
  /** Operations started one by one; a compiled function is one. */
  calls: number;
  /** Tensors made from JavaScript's numbers, and their bytes. */
  uploads: { count: number; bytes: number };
  /** Tensors read back, and their bytes. */
  downloads: { count: number; bytes: number };
}

const bytesOf = (values: HostValues): number => values.length * 4;

/** Counts while `body` runs, which must have run before: what is compiled is not counted as what is run. */
export async function hostTraffic(body: () => unknown): Promise<HostTraffic> {
  const traffic: HostTraffic = {
    calls: 0,
    uploads: { count: 0, bytes: 0 },
    downloads: { count: 0, bytes: 0 },
  };
  const { binding } = backend;
  const note = (way: 'uploads' | 'downloads', bytes: number) => {
    traffic[way].count++;
    traffic[way].bytes += bytes;
  };
  const counting: Partial<typeof binding> = {
    executeOp: (...args) => {
      traffic.calls++;
      return binding.executeOp(...args);
    },
    createTensor: (shape, dtype, values) => {
      note('uploads', bytesOf(values));
      return binding.createTensor(shape, dtype, values);
    },
    tensorDataSync: (id) => {
      const values = binding.tensorDataSync(id);
      note('downloads', bytesOf(values));
      return values;
    },
  };
  const descriptors = Object.entries(counting).map(([name, value]) => [name, { value }] as const);
  backend.binding = Object.create(binding, Object.fromEntries(descriptors)) as typeof binding;
  try {
    await body();
  } finally {
    backend.binding = binding;
  }
  return traffic;
}
