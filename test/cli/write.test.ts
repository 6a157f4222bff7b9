/** caption, answer, generate, attend and evaluate vqa from the command line, on a run and on a folder. */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { shapes, shapesTower } from '../../packages/core/src/data';
import { encodePng } from '../../packages/core/src/image';
import { openRun, saveBlip2 } from '../../packages/core/src/recipes';
import { blip2Here as blip2 } from './run';

const root = mkdtempSync(join(tmpdir(), 'blip2-write-'));
process.env.BLIP2_RUNS = root;
const DATA = 'shapes?train=80&validation=20&test=6';
const [run, folder, image, broken] = ['run', 'folder', 'picture.png', 'broken.png'].map((name) =>
  join(root, name),
);

const pretrain = (...args: string[]) =>
  blip2('pretrain', 'stage2', '--recipe', 'shapes', '--data', DATA, '--out', run, ...args);

// The shipped towers are what the command line knows.
describe.skipIf(!existsSync(shapesTower('clip-l')))('a stage-2 run from the command line', () => {
  beforeAll(async () => {
    const trained = await pretrain('--language', 'opt', '--set', 'steps=3', '--set', 'warmupSteps=1');
    expect(trained.code, trained.stderr).toBe(0);
    saveBlip2(folder, openRun(run, { stages: ['stage2'] }).model, { dtype: 'bfloat16' });
    const { test: split } = shapes({ train: 1, validation: 1, test: 1 });
    const pixels = { width: split.imageSize, height: split.imageSize, data: split.pixels(0) };
    const { png } = await encodePng(pixels);
    writeFileSync(image, png);
    writeFileSync(broken, png.subarray(0, 50));
  }, 300_000);

  test('caption: one document with --json, the text alone without', async () => {
    const { code, stdout } = await blip2(
      'caption',
      '--model',
      folder,
      image,
      image,
      '--num-beams',
      '1',
      '--json',
    );
    const rows = JSON.parse(stdout) as { image: string; text: string; tokenIds: number[]; score: number }[];
    expect(code).toBe(0);
    expect(rows.map((row) => row.image)).toEqual([image, image]);
    expect(rows[0].tokenIds.length).toBeGreaterThan(0);
    const plain = await blip2('caption', '--model', folder, image, '--num-beams', '1');
    expect(plain.stdout.trim()).toBe(rows[0].text);
  });

  test('answer, from the run folder; a broken image is named', async () => {
    const ask = ['answer', '--model', run, '--question', 'what color is the circle?'];
    const { code, stdout } = await blip2(...ask, image, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toHaveLength(1);
    const failed = await blip2(...ask, broken);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain('broken.png cannot be decoded');
  });

  test('--dtype: a folder in another type says the same; a run has its own; others are listed', async () => {
    const caption = (model: string, dtype: string) =>
      blip2('caption', '--model', model, image, '--num-beams', '1', '--dtype', dtype);
    const [stored, wide] = [await caption(folder, 'auto'), await caption(folder, 'float32')];
    expect(stored.code, stored.stderr).toBe(0);
    expect(stored.stdout).toBe(wide.stdout);
    const refused = await caption(run, 'float16');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/is a run, whose weights stay as they were trained, not float16[^]*→/);
    const unknown = await caption(folder, 'int8');
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('auto, float32, bfloat16, float16');
  });

  test('a folder that holds no model', async () => {
    const failed = await blip2('generate', '--model', root, '--prompt', 'a', image);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/holds no config\.json[^]*→/);
  });

  test('attend writes a bundle, a page and a picture', async () => {
    for (const ending of ['json', 'html', 'png']) {
      const out = join(root, `attention.${ending}`);
      const { code, stderr } = await blip2('attend', '--model', folder, image, '--out', out);
      expect(code, stderr).toBe(0);
    }
    const read = (ending: string) => readFileSync(join(root, `attention.${ending}`));
    // A caption comes with it.
    expect(JSON.parse(read('json').toString())).toMatchObject({ queries: 8, generated: { prompt: '' } });
    expect(read('html').toString()).toMatch(/<svg[^]*data:image\/png;base64/);
    expect(read('html').toString()).not.toMatch(/(src|href)="http/);
    expect(read('png').subarray(1, 4).toString()).toBe('PNG');
    const asked = ['--question', 'what color is the circle?', '--sources', 'rollout,gradients', '--json'];
    const answered = await blip2('attend', '--model', folder, image, '--out', join(root, 'a.json'), ...asked);
    const { generated } = JSON.parse(answered.stdout) as { generated: { prompt: string } };
    expect(generated.prompt).toContain('what color is the circle');
    const bundle = JSON.parse(readFileSync(join(root, 'a.json'), 'utf8')) as object;
    expect(bundle).toMatchObject({ generated, gradientOf: 'log-probability of the answer' });
    expect(bundle).toHaveProperty('rollout');
    const flow = await blip2('attend', '--model', folder, image, '--out', 'x.json', '--sources', 'flow');
    expect([flow.code, flow.stderr]).toEqual([2, expect.stringContaining('There is no flow')]);
    const odd = await blip2('attend', '--model', folder, image, '--out', join(root, 'attention.txt'));
    expect(odd.code).toBe(2);
    const texted = await blip2('attend', '--model', folder, image, '--out', 'x.json', '--text', 'a circle');
    expect(texted.stderr).toMatch(/read the image alone/);
  }, 300_000);

  test('evaluate vqa, of the run and of the folder', async () => {
    const vqa = (model: string, ...more: string[]) =>
      blip2('evaluate', 'vqa', '--model', model, '--data', DATA, '--num-beams', '1', '--limit', '3', ...more);
    const { stdout } = await vqa(run, '--json', '--blind');
    const { rows, withoutLooking } = JSON.parse(stdout) as { rows: unknown[]; withoutLooking: object };
    expect(rows).toHaveLength(6);
    expect(Object.keys(withoutLooking)).toEqual([
      'another picture',
      'question alone',
      'most frequent answer',
    ]);
    const table = await vqa(folder);
    expect(table.code, table.stderr).toBe(0);
    expect(table.stdout).toMatch(/kind +questions +accuracy/);
  });

  test('pretrain stage2 names a language model that is not there', async () => {
    const { code, stderr } = await pretrain('--language', 'op', '--dry-run');
    expect(code).toBe(2);
    expect(stderr).toMatch(/no language model op[^]*opt, opt-small, t5/);
  });
});
