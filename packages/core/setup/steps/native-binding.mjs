// The binding between Node and TensorFlow, compiled here. Without a C++ compiler, PyPI's ziglang stands in for one.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { paths, pythonProgram } from '../paths.mjs';
import { findCompiler, installCompiler } from '../requirements.mjs';
import { run } from '../shell.mjs';
import { hashOf, hashOfFiles, hasStamp, removeStamp, writeStamp } from '../stamps.mjs';
import { tensorflowWheel, ZIGLANG } from '../versions.mjs';
import { bindingFile, buildBinding, sources } from '../../native/build.mjs';
import { SetupError } from '../errors.mjs';

const hash = () => hashOf(tensorflowWheel().stamp, hashOfFiles(sources(paths.tfjsNode)));

export const nativeBinding = {
  name: 'TensorFlow binding, compile',
  isDone: () => hasStamp('binding', hash()) && existsSync(bindingFile(paths.tfjsNode)),
  async run({ detail }) {
    removeStamp('binding');
    const compiler = findCompiler() ?? (await installZig(detail));
    detail(compiler[0]);
    try {
      await buildBinding({
        tfjsNode: paths.tfjsNode,
        nodeHeaders: paths.nodeHeaders,
        headers: paths.headers,
        libraries: paths.tensorflow,
        work: paths.native,
        compiler,
      });
    } catch (error) {
      throw new SetupError(error.stderr || error.message, `A newer compiler may help: ${installCompiler()}`);
    }
    rmSync(paths.zig, { recursive: true, force: true });
    writeStamp('binding', hash());
  },
};

/** Fetches ziglang (411 MB; deleted after the build) and returns its compiler's command line. */
async function installZig(detail) {
  detail('no C++ compiler here: fetching ziglang as one');
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-cache-dir', '--no-compile'];
  const zig = join(paths.zig, 'ziglang', 'zig');
  if (!existsSync(zig)) {
    await run(pythonProgram('python'), [...pip, '--target', paths.zig, `ziglang==${ZIGLANG}`], {
      hint: `Or install a C++ compiler: ${installCompiler()}`,
    });
  }
  process.env.ZIG_GLOBAL_CACHE_DIR = join(paths.zig, 'cache');
  process.env.ZIG_LOCAL_CACHE_DIR = join(paths.zig, 'cache');
  return [zig, 'c++'];
}
