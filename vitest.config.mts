import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// Tests that change what others in their process would see (its environment, its folder, its signals, modules in the place
// of the library's) or measure its memory, and those of what is a process, as the command line: each of these files gets a
// process of its own. All others share two, which load TensorFlow and the library once: two seconds saved for each file.
const ALONE = [
  'bench/**',
  'cli/**',
  'docs/**',
  'house/**',
  'notebooks/**',
  'scripts/**',
  'train/**/*nterrupt*',
  'checkpoints/download',
  'checkpoints/interrupted',
  'data/emoji',
  'evaluate/caption/jars',
  'notebook/attentionRecords',
  'runtime/arena',
  'runtime/collectives',
  'runtime/compile',
  'runtime/halfMemory',
  'runtime/native',
  'runtime/normalise',
  'runtime/recompute',
  'studies/interrupted',
  'studies/paper',
  'studies/runner',
  'train/distributed',
  'train/killed',
  'train/train',
].map((name) => `test/${name}.test.ts`);

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
      {
        extends: true,
        test: { name: 'together', include: ['test/**/*.test.ts'], exclude: ALONE, isolate: false },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: ALONE,
          // Afterwards: a process is kept for the next file only if that is one of the others, too.
          sequence: { groupOrder: 1 },
        },
      },
    ],
    // Processes, for TensorFlow's native library is loaded into a process, never into a thread.
    pool: 'forks',
    maxWorkers: 2,
    globalSetup: source('./test/support/temporary.ts'),
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
