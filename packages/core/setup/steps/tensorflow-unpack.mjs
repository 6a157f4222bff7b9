// Of the wheel only two libraries are kept, stripped of their symbol tables (219 MB of 854), and the C headers that
// the binding is compiled against.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { paths, pythonProgram } from '../paths.mjs';
import { output, run } from '../shell.mjs';
import { hasStamp, removeStamp, writeStamp } from '../stamps.mjs';
import { tensorflowWheel } from '../versions.mjs';
import { wheelFile } from './tensorflow-download.mjs';

const PARTIAL = join(paths.partial, 'tensorflow');
const LIBRARIES = String.raw`tensorflow/libtensorflow_(cc|framework)\.`;
const HEADERS = String.raw`tensorflow/include/(tensorflow/c|tensorflow/core/platform|tsl|xla/tsl)/.*\.h$`;
const UNPACK = `
import re, sys, zipfile
wheel, target, *patterns = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    names = [name for name in archive.namelist() if any(re.match(pattern, name) for pattern in patterns)]
    archive.extractall(target, names)
`;

export const tensorflowUnpack = {
  name: 'TensorFlow, unpack',
  isDone: () => hasStamp('tensorflow', tensorflowWheel().stamp) && existsSync(paths.tensorflow),
  async run() {
    removeStamp('tensorflow');
    rmSync(PARTIAL, { recursive: true, force: true });
    mkdirSync(PARTIAL, { recursive: true });
    await run(pythonProgram('python'), ['-c', UNPACK, wheelFile(), PARTIAL, LIBRARIES, HEADERS], {
      hint: `If the file is damaged, delete it and run the same command again: ${wheelFile()}`,
    });
    const unpacked = join(PARTIAL, 'tensorflow');
    const headers = join(PARTIAL, 'include');
    renameSync(join(unpacked, 'include'), headers);
    await strip(readdirSync(unpacked).map((name) => join(unpacked, name)));
    replace(headers, paths.headers);
    replace(unpacked, paths.tensorflow);
    // CUDA's libraries are of no use to the CPU variant.
    if (tensorflowWheel().variant === 'cpu') rmSync(paths.nvidia, { recursive: true, force: true });
    writeStamp('tensorflow', tensorflowWheel().stamp);
    rmSync(wheelFile());
    rmSync(PARTIAL, { recursive: true });
  },
};

async function strip(libraries) {
  if (process.platform !== 'linux' || !output('strip', ['--version'])) return;
  await run('strip', ['--strip-unneeded', ...libraries]);
}

function replace(from, to) {
  rmSync(to, { recursive: true, force: true });
  renameSync(from, to);
}
