// The TypeScript examples of the documentation: all of them are understood by the compiler, those of the how-tos run.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shapesDirectory } from '@blip2/datasets';
import { describe, expect, it, test } from 'vitest';
import { output } from '../../packages/core/setup/shell.mjs';
import { CONTEXTS } from './contexts';
import { examplesOf, programOf, root, typeErrors } from './examples';

/** Its examples leave parts out ("…"); the whole of its code is test/models/llama.ts, tested there. */
const ABRIDGED = ['docs/language-models.md'];

/** What the examples load as `models/blip2-itm-vit-g`, with a tokenizer beside it. */
const RETRIEVAL = join(root, 'test', 'fixtures', 'folders', 'itm-new');

const pages = output('git', ['-C', root, 'ls-files', '-co', '--exclude-standard', '*.md'])!
  .split('\n')
  .filter((page) => !page.startsWith('test/') && !ABRIDGED.includes(page))
  .filter((page) => examplesOf(page).length > 0);

test('a page becomes one program: imports once, later examples inside of earlier ones', () => {
  const first = `import { a, type B } from 'x';\nconst n: B = a;\n`;
  const second = `import { a, c } from 'x';\nexport const n = c(a);\n`;
  const program = programOf([first, second], `import { d } from 'x';\ndeclare const e: d;\n`);
  expect(program.split('\n').filter(Boolean)).toEqual([
    `import { d } from 'x';`,
    `import { a, type B } from 'x';`,
    `import { c } from 'x';`,
    'declare const e: d;',
    '{',
    'const n: B = a;',
    '{',
    'const n = c(a);',
    '}}',
    'export {};',
  ]);
});

test('all examples are right by their types', () => {
  const programs = pages.map((page) => [page, programOf(examplesOf(page), CONTEXTS[page])] as const);
  const wrong = programOf([`import { shapes } from '@blip2/core';\nshapes({ sead: 0 });\n`]);
  const { wrong: complaints, ...errors } = typeErrors({ ...Object.fromEntries(programs), wrong });
  expect(complaints).toEqual([expect.stringContaining('sead')]);
  expect(Object.entries(errors).filter(([, found]) => found.length > 0)).toEqual([]);
});

describe('the how-tos run, with few steps, few pictures and what is shipped', () => {
  const smaller = (code: string) =>
    code
      .replace(/steps: \d+/g, 'steps: 2, warmupSteps: 1')
      .replaceAll('train: 512, validation: 64, test: 64', 'train: 64, validation: 16, test: 16')
      .replaceAll(`'models/blip2-opt-2.7b'`, `shipped('blip2-opt')`)
      .replaceAll(`'models/opt-125m'`, `shipped('opt')`)
      .replaceAll(`'models/clip-vit-large-patch14'`, `shipped('clip-l')`);
  const shipped = `import { shapesTower as shipped } from '@blip2/core';\n`;

  it.each(pages.filter((page) => page.startsWith('docs/how-to/')))('%s', (page) => {
    const folder = mkdtempSync(join(tmpdir(), 'blip2-how-to-'));
    writeFileSync(join(folder, 'example.mts'), smaller(programOf(examplesOf(page), shipped)));
    for (const part of [RETRIEVAL, join(shapesDirectory, 'tokenizer')]) {
      cpSync(part, join(folder, 'models', 'blip2-itm-vit-g'), { recursive: true });
    }
    writeFileSync(join(folder, 'photo.jpg'), readFileSync(join(root, 'docs', 'figures', 'figure5.png')));
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), join(folder, 'example.mts')],
      {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, BLIP2_RUNS: folder, TSX_TSCONFIG_PATH: join(root, 'tsconfig.json') },
      },
    );
    expect(stderr).not.toMatch(/error/i);
    expect(status).toBe(0);
  });
});
