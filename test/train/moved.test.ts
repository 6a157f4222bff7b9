/** A run is what it is made of, wherever that lies: towers, tokenizer and pictures may be moved between two parts of it. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { shapesDirectory } from '@blip2/datasets';
import { openRun, stage1, stage2, streamed, type Stage1Model } from '../../packages/core/src/recipes';
import { recordOf, train, type LogEntry, type Recipe } from '../../packages/core/src/train';
import { randomOpt } from '../recipes/language';
import { writeShards } from '../recipes/pictures';
import { randomTowerDir, SMALL } from '../recipes/tower';

const runsDir = mkdtempSync(join(tmpdir(), 'blip2-moved-'));
const options = { runsDir, progress: false as const };
const losses = (log: readonly LogEntry[]) => log.map(({ loss }) => loss);

type Folders = Record<'tower' | 'tokenizer' | 'pictures', string>;

/** All of it somewhere else, and no longer where it was. */
function moved(folders: Folders): Folders {
  const dir = mkdtempSync(join(tmpdir(), 'blip2-moved-'));
  const entries = Object.entries(folders).map(([name, from]) => {
    cpSync(from, join(dir, name), { recursive: true });
    rmSync(from, { recursive: true });
    return [name, join(dir, name)];
  });
  return Object.fromEntries(entries) as Folders;
}

const specification = ({ pictures }: Folders) => `shards?files=${pictures}/{0..1}.tar`;

async function recipeOf(folders: Folders): Promise<Recipe<Stage1Model>> {
  const { tower, tokenizer } = folders;
  const data = await streamed(specification(folders), { workers: 1, prefetch: 1 });
  return stage1({ ...SMALL, maxTextLength: 16, data, tower, tokenizer });
}

async function firstFolders(): Promise<Folders> {
  const tokenizer = join(mkdtempSync(join(tmpdir(), 'blip2-moved-')), 'tokenizer');
  cpSync(join(shapesDirectory, 'tokenizer'), tokenizer, { recursive: true });
  const [, pictures] = /files=(.*)\/\{/.exec(await writeShards())!;
  return { tower: randomTowerDir(), tokenizer, pictures };
}

function flipLastByte(file: string): void {
  const bytes = readFileSync(file);
  bytes[bytes.length - 1] ^= 1;
  writeFileSync(file, bytes);
}

const placesIn = (dir: string) =>
  (JSON.parse(readFileSync(join(dir, 'recipe.json'), 'utf8')) as { config: { places: unknown } }).config
    .places;

test('a run goes on with towers and pictures elsewhere, and is opened from there', async () => {
  const first = await firstFolders();
  const recipe = await recipeOf(first);
  const whole = await train(recipe, { ...options, out: join(runsDir, 'whole') });
  const out = join(runsDir, 'parted');
  const stop = new AbortController();
  const onStep = ({ step }: LogEntry) => void (step === 2 && stop.abort());
  await train(recipe, { ...options, out, signal: stop.signal, onStep });

  const second = moved(first);
  const again = await recipeOf(second);
  expect(recordOf(again).hash).toBe(recordOf(recipe).hash);
  const run = await train(again, { ...options, out, resume: true });
  expect(losses(run.log)).toEqual(losses(whole.log));
  const { tower, tokenizer } = second;
  expect(placesIn(out)).toEqual({ tower, tokenizer, data: specification(second) });

  // Finished, moved once more: nothing is trained, and it is known from then on where its tower lies.
  const third = moved(second);
  await train(await recipeOf(third), { ...options, out, resume: true });
  expect(placesIn(out)).toMatchObject({ tower: third.tower });
  expect(openRun(out, { stages: ['stage1'] }).model.tower.dir).toBe(third.tower);
});

test('other weights are another run; a language model is the same wherever it lies', async () => {
  const folders = await firstFolders();
  const data = await streamed(specification(folders), { workers: 1, prefetch: 1 });
  const { dir } = randomOpt();
  const copy = join(mkdtempSync(join(tmpdir(), 'blip2-moved-')), 'opt');
  cpSync(dir, copy, { recursive: true });
  const { projection: _, ...qformer } = SMALL.qformer;
  const hash = (language: string, tower = folders.tower) =>
    recordOf(stage2({ ...SMALL, qformer, maxTextLength: 16, data, language, tower })).hash;
  expect(hash(copy)).toBe(hash(dir));
  const other = mkdtempSync(join(tmpdir(), 'blip2-moved-'));
  cpSync(folders.tower, other, { recursive: true });
  expect(hash(dir, other)).toBe(hash(dir));
  flipLastByte(join(other, 'model.safetensors'));
  expect(hash(dir, other)).not.toBe(hash(dir));
});
