/** From the command line alone: caption a small world. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { captionerFolder, newFolder, rankerFolder } from '../capfilt/towers';
import { blip2Here as blip2 } from './run';

const [captioner, ranker] = [captionerFolder(), rankerFolder()];
const out = join(newFolder('capfilt'), 'out');
const capfilt = (...args: string[]) =>
  blip2(
    'capfilt',
    '--ranker',
    ranker,
    '--data',
    'shapes?train=70&validation=4&test=4',
    '--out',
    out,
    ...args,
  );

test('--json prints one document; captions and summary are in the folder; --resume takes them as they are', async () => {
  const made = await capfilt('--captioner', captioner, '--samples', '3', '--keep', '1', '--json');
  expect(made.code).toBe(0);
  expect(made.stderr).toMatch(/70\/70 pictures {2}\d+ img\/s {2}0:00 left/);
  const document = JSON.parse(made.stdout) as { file: string; summary: object };
  const page = join(out, 'browse.html');
  expect(document).toMatchObject({ dir: out, page, summary: { pictures: 70, captions: 70 } });
  expect(readFileSync(page, 'utf8').match(/<article/g)).toHaveLength(48);
  expect(readFileSync(document.file, 'utf8').trim().split('\n')).toHaveLength(70);
  expect(JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'))).toEqual(document.summary);

  const refused = await capfilt('--captioner', captioner, '--samples', '3', '--keep', '1');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/already holds these captions[^]*--resume/);
  const resumed = await capfilt('--captioner', captioner, '--samples', '3', '--keep', '1', '--resume');
  expect(resumed.code).toBe(0);
  expect(resumed.stdout).toBe(`${document.file}: 70 captions of 70 pictures\n`);
});

test('a folder that is no captioner, and a probability that is none', async () => {
  const wrong = await capfilt('--captioner', ranker);
  expect(wrong).toMatchObject({ code: 1, stdout: '' });
  expect(wrong.stderr).toMatch(/holds no BLIP captioner: its model_type is "clip"/);
  const outside = await capfilt('--captioner', captioner, '--top-p', '1.5');
  expect(outside.code).toBe(2);
  expect(outside.stderr).toMatch(/above 0, at most 1/);
});

test('what is needed is asked for, but not of the page', async () => {
  const none = await blip2('capfilt', '--captioner', captioner, '--data', 'shapes', '--out', out);
  expect(none.code).toBe(2);
  expect(none.stderr).toContain("required option '--ranker <dir>' not specified");
  const empty = await blip2('capfilt', 'page', newFolder('empty'));
  expect(empty.code).toBe(1);
  expect(empty.stderr).toMatch(/holds no captioned shard that is whole\n→ Give the folder/);
});
