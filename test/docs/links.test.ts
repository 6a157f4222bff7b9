// The check of links: what counts as a link, what as an anchor, and what is broken.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { anchorsOf, brokenLinks, linksOf } from '../../scripts/check-links.mjs';

it('links are those of Markdown and HTML, not those in code', () => {
  const text = [
    '[a](a.md) ![b](b.png) `[c](c.md)` <img src="d.svg"> <source srcset="e.svg">',
    '',
    '```\n[f](f.md)\n```',
    '',
    '[g][g]',
    '',
    '[g]: g.md',
  ].join('\n');
  expect(linksOf(text)).toEqual(['a.md', 'b.png', 'd.svg', 'e.svg', 'g.md']);
});

it('anchors are made as code hosts make them', () => {
  const text = '# The `blip2` command, (once)\n\n## Table 6: ITG\n\n## Table 6: ITG\n\n<a name="here"></a>';
  expect([...anchorsOf(text)]).toEqual(['the-blip2-command-once', 'table-6-itg', 'table-6-itg-1', 'here']);
});

it('files and headings that are not there are named, in notebooks too; the network is left alone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'blip2-links-'));
  const source = [
    '[1](page.md#one) [2](page.md#two)\n',
    '[3](none.md) [4](https://example.org/none) [5](#six)',
  ];
  const cells = [{ cell_type: 'markdown', source }];
  writeFileSync(join(folder, 'page.md'), '# One\n');
  writeFileSync(join(folder, 'book.ipynb'), JSON.stringify({ cells }));
  expect(brokenLinks(join(folder, 'book.ipynb'))).toEqual([
    'page.md#two: there is no such heading',
    'none.md: there is no such file',
    '#six: there is no such heading',
  ]);
});
