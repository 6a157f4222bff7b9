// With the CUDA variant: NVIDIA's libraries from PyPI, beside TensorFlow's, where those look for them
// (their run-path says $ORIGIN/../nvidia/…).
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { paths, pythonProgram } from '../paths.mjs';
import { run } from '../shell.mjs';
import { hashOf, hasStamp, removeStamp, writeStamp } from '../stamps.mjs';
import { NVIDIA_PACKAGES, tensorflowVariant } from '../versions.mjs';

const PARTIAL = join(paths.partial, 'cuda');
const hash = hashOf(...NVIDIA_PACKAGES);

export const cudaLibraries = {
  name: 'CUDA libraries (about 3 GB)',
  isDone: () => tensorflowVariant() === 'cpu' || (hasStamp('cuda', hash) && existsSync(paths.nvidia)),
  async run({ detail }) {
    removeStamp('cuda');
    rmSync(PARTIAL, { recursive: true, force: true });
    rmSync(paths.nvidia, { recursive: true, force: true });
    mkdirSync(join(PARTIAL, 'tmp'), { recursive: true });
    const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-cache-dir', '--no-compile'];
    await run(
      pythonProgram('python'),
      [...pip, '--no-deps', '--only-binary', ':all:', '--target', PARTIAL, ...NVIDIA_PACKAGES],
      {
        env: { TMPDIR: join(PARTIAL, 'tmp') },
        onLine: (line) => /^Collecting (\S+)/.test(line) && detail(line.split(/[ =]/)[1]),
        hint: 'To go on without CUDA, set BLIP2_TENSORFLOW=cpu.',
      },
    );
    renameSync(join(PARTIAL, 'nvidia'), paths.nvidia);
    rmSync(PARTIAL, { recursive: true });
    writeStamp('cuda', hash);
  },
};
