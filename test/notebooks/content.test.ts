// The committed notebooks as files: what they import exists, links lead somewhere, and what a reader may change stands in
// one place.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'notebooks');
const exported = readFileSync(join(root, 'packages', 'core', 'src', 'index.ts'), 'utf8');

interface Notebook {
  nbformat: number;
  nbformat_minor: number;
  metadata: { kernelspec: { name: string } };
  cells: { id: string; cell_type: 'code' | 'markdown'; source: string[] }[];
}

/** The names between braces, as those who import them call them. */
const namesIn = (list: string) =>
  list
    .split(',')
    .map((name) => name.trim().replace(/^type /, ''))
    .filter((name) => name !== '')
    .map((name) => name.split(' as ').at(-1)!);

const known = new Set([
  ...[...exported.matchAll(/export \{([^}]*)\}/g)].flatMap(([, list]) => namesIn(list)),
  ...[...exported.matchAll(/export \* as (\w+)/g)].map(([, name]) => name),
]);

const names = readdirSync(folder).filter((name) => name.endsWith('.ipynb'));

it('each notebook has a number of its own', () => {
  const numbers = names.map((name) => /^(\d\d)-[a-z\d-]+\.ipynb$/.exec(name)?.[1]);
  expect(numbers).not.toContain(undefined);
  expect(new Set(numbers).size).toBe(names.length);
});

describe.each(names)('%s', (name) => {
  const notebook = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Notebook;
  const cells = notebook.cells.map(({ cell_type, source }) => ({ cell_type, text: source.join('') }));
  const ofType = (type: string) =>
    cells.filter(({ cell_type }) => cell_type === type).map(({ text }) => text);

  it('is a notebook of the TypeScript kernel, its cells told apart', () => {
    expect([notebook.nbformat, notebook.nbformat_minor]).toEqual([4, 5]);
    expect(notebook.metadata.kernelspec.name).toBe('tslab');
    expect(new Set(notebook.cells.map(({ id }) => id)).size).toBe(cells.length);
  });

  it('imports only what the library exports', () => {
    const imported = [
      ...ofType('code')
        .join('\n')
        .matchAll(/import \{([^}]*)\} from '@blip2\/core'/g),
    ];
    const missing = imported.flatMap(([, list]) => namesIn(list)).filter((one) => !known.has(one));
    expect(imported).not.toEqual([]);
    expect(missing).toEqual([]);
  });

  it('has what a reader may change in one cell, below a heading that says so', () => {
    const place = cells.findIndex(({ text }) => text.startsWith('## What you may change'));
    expect(place).toBeGreaterThan(0);
    expect(cells[place + 1].cell_type).toBe('code');
  });

  it('links to notebooks that there are', () => {
    const links = [
      ...ofType('markdown')
        .join('\n')
        .matchAll(/\]\((?!http)([^)#]+\.ipynb)\)/g),
    ];
    expect(links.map(([, link]) => link).filter((link) => !existsSync(join(folder, link)))).toEqual([]);
  });
});
