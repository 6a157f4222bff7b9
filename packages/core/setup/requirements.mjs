// What the machine must bring: Node, Python, git and a C++ compiler. Each missing one is named with its remedy.
import { existsSync } from 'node:fs';
import { fail } from './errors.mjs';
import { output } from './shell.mjs';

const MINIMUM_NODE = [20, 19];
const PYTHONS = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python'];
const PYTHON_PROBE = 'import sys, venv, ensurepip; print(sys.version_info >= (3, 10))';
const COMPILERS = ['g++', 'clang++', 'c++'];

/** The command that installs something here, for the package managers that we know. */
function installCommand(packages) {
  if (process.platform === 'darwin') return packages.brew;
  if (existsSync('/usr/bin/apt-get')) return `sudo apt-get install ${packages.apt}`;
  if (existsSync('/usr/bin/dnf')) return `sudo dnf install ${packages.dnf}`;
  if (existsSync('/usr/bin/pacman')) return `sudo pacman -S ${packages.pacman}`;
  return `with your system's package manager (Debian's name: ${packages.apt})`;
}

export function checkNode(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  const isNewEnough = major > MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor >= MINIMUM_NODE[1]);
  if (!isNewEnough) {
    fail(
      `Node ${version} is too old: ${MINIMUM_NODE.join('.')} or newer is needed.`,
      'Install a current one from your package manager or nodejs.org, for instance: nvm install 24',
    );
  }
}

/** A Python ≥ 3.10 that can make virtual environments; BLIP2_PYTHON names one. */
export function findPython() {
  const candidates = process.env.BLIP2_PYTHON ? [process.env.BLIP2_PYTHON] : PYTHONS;
  const found = candidates.find((python) => output(python, ['-c', PYTHON_PROBE]) === 'True');
  if (found) return found;
  const install = installCommand({
    apt: 'python3 python3-venv',
    dnf: 'python3',
    pacman: 'python',
    brew: 'brew install python',
  });
  return fail(`No Python ≥ 3.10 with its venv module was found (tried: ${candidates.join(', ')}).`, install);
}

export function checkGit() {
  if (output('git', ['--version'])) return;
  fail(
    'git was not found.',
    installCommand({ apt: 'git', dnf: 'git', pacman: 'git', brew: 'xcode-select --install' }),
  );
}

/** The C++ compiler as a command line: CXX, else g++, clang++, c++; undefined when there is none. */
export function findCompiler() {
  const candidates = process.env.CXX ? [process.env.CXX] : COMPILERS;
  const found = candidates.find((compiler) => output(compiler, ['--version']) !== undefined);
  if (!found && process.env.CXX) {
    fail(`CXX names a compiler that does not run: ${process.env.CXX}`, 'Correct CXX, or leave it out.');
  }
  return found && [found];
}

/** The command that installs a C++ compiler, for messages. */
export const installCompiler = () =>
  installCommand({ apt: 'g++', dnf: 'gcc-c++', pacman: 'gcc', brew: 'xcode-select --install' });

/** Checks all of them before the first step, so that nobody waits a minute to be told. */
export function checkRequirements() {
  checkNode();
  checkGit();
  findPython();
}
