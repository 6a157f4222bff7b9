import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// Folders whose tests change nothing that others see (environment, signals, mocked modules): their files share a process,
// which loads TensorFlow and the library once. That is a second and a half saved for each file.
const TOGETHER = [
  'attention',
  'capfilt',
  'datasets',
  'generate',
  'image',
  'inference',
  'losses',
  'models',
  'nn',
  'parity',
  'text',
].map((folder) => `test/${folder}/**/*.test.ts`);

// Tests read the sources, not dist/: what is tested is what is in the editor.
export default defineConfig({
  resolve: {
    alias: {
      '@blip2/core': source('./packages/core/src/index.ts'),
      '@blip2/datasets': source('./datasets/src/index.ts'),
    },
  },
  test: {
    projects: [
      { extends: true, test: { name: 'together', include: TOGETHER, isolate: false } },
      {
        extends: true,
        test: {
          name: 'alone',
          include: ['test/**/*.test.ts'],
          exclude: TOGETHER,
          // Afterwards: a process is kept for the next file only if that is one of the others, too.
          sequence: { groupOrder: 1 },
        },
      },
    ],
    // Processes, for TensorFlow's native library is loaded into a process, never into a thread.
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
