/** Filters from files, as the command line names them: `--data 'shapes?trainFilter=words.txt'`. */
import { existsSync, readFileSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { Blip2Error } from '../runtime';
import { fileError, type Json } from '../checkpoints';
import type { ImageTextDataset, ImageTextSplit } from './dataset';
import { withoutWords } from './exampleFilters';
import { withFilters, type ExampleFilters } from './filters';

/**
 * Data as `options.trainFilter` says it.
 *
 * @param trainFilter a file (`readFilters`); or what `withFilters` wrote into a recipe.json, which tells how many were left
 *   out, not by what: the training split can then not be read
 */
export function withTrainFilter(data: ImageTextDataset, trainFilter: Json): ImageTextDataset {
  if (typeof trainFilter === 'string') return withFilters(data, readFilters(trainFilter));
  const own: Pick<ImageTextSplit, 'captions'> = {
    captions() {
      throw new Blip2Error(`${data.name}: the filters of its training split are not at hand`, {
        hint: 'Say them again: withFilters(data, filters), or --data …?trainFilter=FILE.',
      });
    },
  };
  const train = Object.setPrototypeOf(own, data.train) as ImageTextSplit;
  return { ...data, options: { ...data.options, trainFilter }, train };
}

/**
 * A `.txt` file is a block-list, a word or words to a line (`#` begins a comment). Of a script (`.cjs`, `.js`), the
 * filters are what it exports, by name: `exports.licensed = ({ metadata }) => metadata.license === 'cc0'`.
 *
 * @throws Blip2Error naming the file
 */
export function readFilters(path: string): ExampleFilters {
  if (!existsSync(path)) throw new Blip2Error(`There is no file of filters ${path}`, { exitCode: 2 });
  return extname(path) === '.txt' ? { 'blocked words': withoutWords(readWords(path)) } : readScript(path);
}

function readWords(path: string): string[] {
  try {
    const lines = readFileSync(path, 'utf8').split(/\r?\n/);
    return lines.map((line) => line.replace(/#.*/, '').trim()).filter((line) => line !== '');
  } catch (cause) {
    throw fileError(cause, 'read', path);
  }
}

function readScript(path: string): ExampleFilters {
  let exported: unknown;
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- the path is known only now
    exported = require(resolve(path));
  } catch (cause) {
    throw new Blip2Error(`${path} cannot be loaded: ${(cause as Error).message}`, { hint: HINT, cause });
  }
  const filters = Object.entries(exported ?? {});
  const isWhole = filters.length > 0 && filters.every(([, filter]) => typeof filter === 'function');
  if (!isWhole) throw new Blip2Error(`${path} exports no filters`, { hint: HINT });
  return Object.fromEntries(filters);
}

const HINT =
  'A .txt block-list, or a .cjs script: exports.NAME = ({ id, captions, metadata }) => true to keep.';
