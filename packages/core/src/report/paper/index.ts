/** Tables of the paper beside ours, in files. */
import { join } from 'node:path';
import { writeFileAtomic } from '../../checkpoints';
import type { FilledTable } from '../../studies';
import { markdownOf } from './markdown';
import { pageOf } from './page';

/** Writes `tableN.md`, `tableN.json`, `tableN.html`. @returns the page's path */
export function writePaperTable(out: string, table: FilledTable): string {
  const path = (extension: string) => join(out, `${table.name}.${extension}`);
  writeFileAtomic(path('json'), [`${JSON.stringify(table, null, 2)}\n`]);
  writeFileAtomic(path('md'), [markdownOf(table)]);
  writeFileAtomic(path('html'), [pageOf(table).text]);
  return path('html');
}
