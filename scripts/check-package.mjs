// The library as another project gets it: packs @blip2/core and @blip2/datasets, installs them in an empty folder, builds
// the binding there, and runs the example of docs/how-to/npm-project.md. TensorFlow itself is taken from this repository's
// set-up, not fetched again.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fail, report } from '../packages/core/setup/errors.mjs';
import { run } from '../packages/core/setup/shell.mjs';
import { paths } from './setup/paths.mjs';

const PAGE = join(paths.root, 'docs', 'how-to', 'npm-project.md');
/** What set-up has made here, and need not make there: folders, and the stamps that say so. */
const FOLDERS = ['tensorflow', 'include', 'nvidia'];
const STAMPS = ['tensorflow', 'cuda'];

/** The page's script. */
const example = () => /```ts\n([^]*?)```/.exec(readFileSync(PAGE, 'utf8'))[1];

function lendTensorflow(project) {
  const state = join(project, '.blip2');
  mkdirSync(join(state, 'stamps'), { recursive: true });
  for (const name of FOLDERS) {
    if (existsSync(join(paths.state, name))) symlinkSync(join(paths.state, name), join(state, name));
  }
  for (const name of STAMPS) {
    if (existsSync(join(paths.stamps, name)))
      copyFileSync(join(paths.stamps, name), join(state, 'stamps', name));
  }
}

async function tryPackages(project) {
  const packages = [paths.datasets, paths.core];
  for (const folder of packages) {
    await run('npm', ['pack', '--ignore-scripts', '--pack-destination', project], { cwd: folder });
  }
  const tarballs = readdirSync(project).filter((name) => name.endsWith('.tgz'));
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'project', private: true }));
  const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  await run('npm', [...install, ...tarballs.map((name) => `./${name}`)], { cwd: project });

  lendTensorflow(project);
  await run('npx', ['--no-install', 'blip2', 'setup'], { cwd: project });
  await run('npx', ['--no-install', 'blip2', 'doctor'], { cwd: project });
  writeFileSync(join(project, 'caption.mjs'), example());
  const printed = await run(process.execPath, ['caption.mjs'], { cwd: project });
  return { names: tarballs, printed };
}

const project = mkdtempSync(join(tmpdir(), 'blip2-project-'));
try {
  const { names, printed } = await tryPackages(project);
  const lines = printed.trim().split('\n');
  if (lines.length !== 2) fail('The example should print a caption and an answer.', `It printed: ${printed}`);
  console.log(`${names.join(' and ')} work in an empty project: ${lines.join(' / ')}`);
} catch (error) {
  report(error);
  process.exitCode = 1;
} finally {
  rmSync(project, { recursive: true, force: true });
}
