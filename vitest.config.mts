import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// Tests read the sources, not dist/: what is tested is what is in the editor.
export default defineConfig({
  resolve: {
    alias: {
      '@blip2/core': source('./packages/core/src/index.ts'),
      '@blip2/datasets': source('./datasets/src/index.ts'),
    },
  },
  test: {
    include: ['test/**/*.test.ts'],
    // One process per test file: TensorFlow's native library is loaded into a process, never into a thread.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    env: {
      TF_CPP_MIN_LOG_LEVEL: '3',
      TF_NUM_INTRAOP_THREADS: '1',
      TF_NUM_INTEROP_THREADS: '1',
      OMP_NUM_THREADS: '1',
    },
  },
});
