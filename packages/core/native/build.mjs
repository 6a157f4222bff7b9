// Builds the TensorFlow binding: the C++ sources that @tensorflow/tfjs-node-gpu carries, with binding.patch applied,
// and the .cc files of this folder; and beside it quiet.node (quiet/quiet.cc).
import { execFile } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const here = import.meta.dirname;
const filesHere = (pattern) =>
  readdirSync(here)
    .filter((name) => pattern.test(name))
    .sort();

/** What the binding is made from: a change in any of these calls for a new build. */
export const sources = (tfjsNode) => [join(tfjsNode, 'binding'), here];

/** Where tfjs-node looks for its binding. */
export const bindingFile = (tfjsNode) => join(tfjsNode, 'lib', 'napi-v8', 'tfjs_binding.node');

/**
 * Compiles the binding and puts it in place.
 * @param {object} options
 * @param {string} options.tfjsNode folder of the package @tensorflow/tfjs-node-gpu
 * @param {string} options.nodeHeaders folder with node_api.h
 * @param {string} options.headers folder with TensorFlow's headers
 * @param {string} options.libraries folder with libtensorflow_cc and libtensorflow_framework
 * @param {string} options.work folder for the patched sources; emptied
 * @param {string[]} options.compiler command line of the C++ compiler
 */
export async function buildBinding({ tfjsNode, nodeHeaders, headers, libraries, work, compiler }) {
  await prepareSources(tfjsNode, work);
  const folder = join(work, 'binding');
  const target = bindingFile(tfjsNode);
  // Found from where the binding lies, so that the project's folder can be moved.
  const rpath = `-Wl,-rpath,${process.platform === 'darwin' ? '@loader_path' : '$ORIGIN'}/${relative(dirname(target), libraries)}`;
  const common = { compiler, cwd: folder, includes: [nodeHeaders] };
  await compileAddon({
    ...common,
    includes: [folder, nodeHeaders, headers],
    sources: readdirSync(folder).filter((name) => name.endsWith('.cc')),
    libraries: [
      ...readdirSync(libraries)
        .filter((name) => name.startsWith('libtensorflow_'))
        .map((name) => join(libraries, name)),
      rpath,
    ],
    target,
  });
  const quiet = [join(here, 'quiet', 'quiet.cc')];
  await compileAddon({
    ...common,
    sources: quiet,
    libraries: [rpath],
    target: join(dirname(target), 'quiet.node'),
  });
}

/** Compiles the sources, as many at once as there are processors, and links them; the result is put in place whole. */
async function compileAddon({ compiler: [program, ...first], cwd, includes, sources, libraries, target }) {
  const call = (...args) => execute(program, [...first, ...args], { cwd, maxBuffer: 64e6 });
  const flags = [
    '-O2',
    '-std=c++17',
    '-fPIC',
    '-w',
    '-DNAPI_VERSION=8',
    ...includes.map((path) => `-I${path}`),
  ];
  const objectOf = (source) => join(cwd, `${basename(source)}.o`);
  await sideBySide(sources, (source) => call(...flags, '-c', source, '-o', objectOf(source)));
  const built = join(cwd, basename(target));
  // Node itself brings the N-API functions when it loads the module.
  const undefinedNames =
    process.platform === 'darwin' ? '-Wl,-undefined,dynamic_lookup' : '-Wl,--allow-shlib-undefined';
  await call('-shared', ...sources.map(objectOf), ...libraries, undefinedNames, '-o', built);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(built, `${target}.new`);
  renameSync(`${target}.new`, target);
}

/** Does `work` for each item, one per processor at a time; after a failure no further one is begun. */
async function sideBySide(items, work) {
  const waiting = [...items];
  const worker = async () => {
    while (waiting.length > 0) await work(waiting.shift());
  };
  const ended = await Promise.allSettled(
    Array.from({ length: availableParallelism() }, () =>
      worker().catch((error) => {
        waiting.length = 0;
        throw error;
      }),
    ),
  );
  const failed = ended.find(({ status }) => status === 'rejected');
  if (failed) throw failed.reason;
}

/** Copies the package's sources and ours to `work/binding`, and applies the patches. */
async function prepareSources(tfjsNode, work) {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  cpSync(join(tfjsNode, 'binding'), join(work, 'binding'), { recursive: true });
  for (const patch of filesHere(/\.patch$/)) {
    // Below the ceiling git sees no repository, and so takes the paths as they are.
    await execute('git', ['apply', '-p1', join(here, patch)], {
      cwd: work,
      env: { ...process.env, GIT_CEILING_DIRECTORIES: dirname(work) },
    });
  }
  for (const name of filesHere(/\.(cc|h)$/)) {
    if (existsSync(join(work, 'binding', name))) throw new Error(`native/${name} hides a file of tfjs-node.`);
    copyFileSync(join(here, name), join(work, 'binding', name));
  }
}
