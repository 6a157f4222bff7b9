/** The npm packages that Emoji is made of, installed when they are first needed, in a folder of the project. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { EMOJI_ARTISTS, EMOJI_NAMES, EMOJI_PACKAGES } from '@blip2/datasets';
import { Blip2Error } from '../../runtime';
import { makeFolder, readJsonObject } from '../../checkpoints';

/** $BLIP2_EMOJI, or `.blip2/emoji` in the nearest folder above that has a `.blip2` or is a repository's root. */
export function emojiHome(from: string = process.cwd()): string {
  if (process.env.BLIP2_EMOJI) return process.env.BLIP2_EMOJI;
  const isRoot = (dir: string) => existsSync(join(dir, '.blip2')) || existsSync(join(dir, '.git'));
  let dir = from;
  while (!isRoot(dir) && dirname(dir) !== dir) dir = dirname(dir);
  return join(isRoot(dir) ? dir : from, '.blip2', 'emoji');
}

/**
 * Installs what is missing of the packages, in exactly the versions that are asked for.
 * @returns the `node_modules` that they lie in
 * @throws Blip2Error with the last that npm said, if it cannot
 */
export async function installEmojiPackages(home: string, onNote?: (note: string) => void): Promise<string> {
  const modules = join(home, 'node_modules');
  if (missingIn(modules).length === 0) return modules;
  onNote?.(`Installing ${EMOJI_PACKAGES.length} npm packages of emoji into ${home}`);
  makeFolder(home);
  const quiet = ['--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'];
  const words = ['install', '--prefix', home, ...quiet, ...EMOJI_PACKAGES];
  const hint = `Check the network, or install them by hand: npm ${words.join(' ')}`;
  try {
    await promisify(execFile)('npm', words, { shell: process.platform === 'win32' });
  } catch (cause) {
    const { stderr, message } = cause as Error & { stderr?: string };
    const said = (stderr || message).trim().split('\n').slice(0, 3).join('\n');
    throw new Blip2Error(`npm cannot install the packages of Emoji: ${said}`, { hint, cause });
  }
  const missing = missingIn(modules);
  if (missing.length > 0) throw new Blip2Error(`npm has not installed ${missing.join(', ')}`, { hint });
  return modules;
}

/** Packages that are not there in their version. */
function missingIn(modules: string): string[] {
  return [...Object.values(EMOJI_ARTISTS), EMOJI_NAMES].flatMap(({ package: name, version }) => {
    const file = join(modules, name, 'package.json');
    return existsSync(file) && readJsonObject(file).version === version ? [] : [`${name}@${version}`];
  });
}
