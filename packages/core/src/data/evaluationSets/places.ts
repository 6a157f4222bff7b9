/** Where the files and pictures of a set may lie in its folder. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Blip2Error } from '../../runtime';

/**
 * The first of some files that is there.
 * @param layout how the folder should look, for the hint
 * @throws Blip2Error if none is
 */
export function findFile(
  dir: string,
  names: readonly string[],
  places: readonly string[],
  layout: string,
): string {
  const found = names
    .flatMap((name) => places.map((place) => join(dir, place, name)))
    .find((path) => existsSync(path));
  if (found) return found;
  const what = existsSync(dir) ? `${dir} holds no ${names.join(' or ')}` : `There is no folder ${dir}`;
  throw new Blip2Error(what, { hint: `It should look like this:\n${layout}`, exitCode: 2 });
}

/** Finds pictures below some folders, each of which is listed once: sets have tens of thousands. */
export class ImageFinder {
  private readonly listed = new Map<string, ReadonlySet<string>>();

  constructor(private readonly roots: readonly string[]) {}

  /** @param name relative to a root @returns its path; undefined if there is none */
  find(name: string): string | undefined {
    return this.roots
      .map((root) => join(root, name))
      .find((path) => this.filesOf(dirname(path)).has(basename(path)));
  }

  private filesOf(dir: string): ReadonlySet<string> {
    let files = this.listed.get(dir);
    if (!files) {
      files = new Set(existsSync(dir) ? readdirSync(dir) : []);
      this.listed.set(dir, files);
    }
    return files;
  }
}
