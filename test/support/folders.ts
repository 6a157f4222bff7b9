/** Model folders as the hub has them, with random weights (test/fixtures/make/folders.py), and pictures for them. */
import { cpSync, existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shapesDirectory } from '@blip2/datasets';
import { Fixture } from './fixtures';

export const fixture = new Fixture('folders');
export const root = mkdtempSync(join(tmpdir(), 'blip2-folders-'));
const TOKENIZERS = { opt: 'tokenizer-opt', 't5-': 'tokenizer-t5', itm: 'tokenizer' };

/** The folder with its tokenizer, as on the hub. */
export function folderOf(name: string): string {
  const dir = join(root, name);
  if (existsSync(dir)) return dir;
  cpSync(join(import.meta.dirname, '..', 'fixtures', 'folders', name), dir, { recursive: true });
  const tokenizer = TOKENIZERS[name.slice(0, 3) as keyof typeof TOKENIZERS];
  cpSync(join(shapesDirectory, tokenizer), dir, { recursive: true });
  return dir;
}

export function picturesOf(name: string) {
  const { shape, data } = fixture.values(`${name}.images`);
  const [count, side] = shape;
  const size = side * side * 3;
  return Array.from({ length: count }, (_, i) => ({
    ...{ width: side, height: side },
    data: Uint8Array.from(data.subarray(i * size, (i + 1) * size)),
  }));
}
