/** The public sets in their published formats, whole and damaged. */
import { mkdtempSync, readFileSync, rmSync, truncateSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isEvaluationSet, openCaptionSet, openQuestionSet } from '../../packages/core/src/data';
import {
  breakLine,
  writeCoco,
  writeFlickr30k,
  writeGqa,
  writeNocaps,
  writeVqa,
} from '../evaluate/published/sets';

const COUNT = 4;
const root = mkdtempSync(join(tmpdir(), 'blip2-sets-'));
const fresh = () => mkdtempSync(join(root, 'set-'));
const problemsOf = ({ problems }: { problems: { what: string; count: number; first: string[] }[] }) =>
  Object.fromEntries(problems.map(({ what, count, first }) => [what, [count, first[0]]]));

test.each([
  ['vqav2', (dir: string) => writeVqa(dir, COUNT)],
  ['okvqa', (dir: string) => writeVqa(dir, COUNT, 'okvqa')],
  ['gqa', (dir: string) => writeGqa(dir, COUNT)],
] as const)('%s: every question with its answers, picture by picture', async (name, write) => {
  const dir = await write(fresh());
  const set = openQuestionSet(`${name}?dir=${dir}`);
  expect(set).toMatchObject({ task: 'vqa', name, problems: [] });
  expect(set.images).toHaveLength(COUNT);
  for (const { questions, path } of set.images) {
    expect(statSync(path).size).toBeGreaterThan(0);
    expect(questions).toHaveLength(3);
    for (const { answers } of questions) expect(answers).toHaveLength(name === 'gqa' ? 1 : 10);
  }
});

test.each([
  ['nocaps', writeNocaps],
  ['flickr30k', writeFlickr30k],
  ['coco', writeCoco],
] as const)('%s: every picture with its captions', async (name, write) => {
  const set = openCaptionSet(`${name}?dir=${await write(fresh(), COUNT)}`);
  expect(set).toMatchObject({ task: 'caption', name, problems: [] });
  expect(set.images).toHaveLength(COUNT);
  for (const { captions } of set.images) expect(captions).toHaveLength(5);
  expect(set.images.map(({ domain }) => domain)).toEqual(
    name === 'nocaps'
      ? ['in-domain', 'near-domain', 'out-domain', 'in-domain']
      : Array(COUNT).fill(undefined),
  );
  if (name === 'coco') expect(set.images[0].id).toBe(100);
});

describe('damaged', () => {
  test('a broken line in questions, one in annotations, a picture missing: counted, named, the rest is there', async () => {
    const dir = await writeVqa(fresh(), COUNT);
    breakLine(join(dir, 'v2_OpenEnded_mscoco_val2014_questions.json'), 4, 'questions');
    breakLine(join(dir, 'v2_mscoco_val2014_annotations.json'), 7, 'annotations');
    rmSync(join(dir, 'val2014', 'COCO_val2014_000000000100.jpg'));
    const set = openQuestionSet(`vqav2?dir=${dir}`);
    expect(problemsOf(set)).toEqual({
      'v2_OpenEnded_mscoco_val2014_questions.json: broken entry': [1, 'line 5'],
      'v2_mscoco_val2014_annotations.json: broken entry': [1, 'line 8'],
      'question without annotation': [1, '102001'],
      'image missing': [1, 'val2014/COCO_val2014_000000000100.jpg'],
    });
    expect(set.images.map(({ id, questions }) => [id, questions.length])).toEqual([
      [101, 2],
      [102, 2],
      [103, 3],
    ]);
  });

  test('GQA with a broken entry', async () => {
    const dir = await writeGqa(fresh(), COUNT);
    breakLine(join(dir, 'testdev_balanced_questions.json'), 5);
    const set = openQuestionSet(`gqa?dir=${dir}`);
    expect(problemsOf(set)).toEqual({ 'testdev_balanced_questions.json: broken entry': [1, 'line 6'] });
    expect(set.images.flatMap(({ questions }) => questions)).toHaveLength(3 * COUNT - 1);
  });

  test('a file that was cut short', async () => {
    const dir = await writeCoco(fresh(), COUNT);
    const path = join(dir, 'coco_karpathy_test.json');
    truncateSync(path, statSync(path).size - 40);
    const set = openCaptionSet(`coco?dir=${dir}`);
    expect(set.images).toHaveLength(COUNT - 1);
    expect(set.problems).toMatchObject([{ count: 1, first: [expect.stringMatching(/the file ends there/)] }]);
  });

  test('entries that lack something, and fields that nobody knows', async () => {
    const dir = await writeFlickr30k(fresh(), COUNT);
    const path = join(dir, 'dataset_flickr30k.json');
    const content = JSON.parse(readFileSync(path, 'utf8')) as {
      images: Record<string, unknown>[];
      extra?: number;
    };
    content.extra = 1;
    content.images[0].novel = { deep: [1] };
    delete content.images[1].sentences;
    writeFileSync(path, JSON.stringify(content));
    const set = openCaptionSet(`flickr30k?dir=${dir}`);
    expect(set.images).toHaveLength(COUNT - 1);
    expect(set.problems).toMatchObject([{ what: 'dataset_flickr30k.json: broken entry', count: 1 }]);
    expect(set.problems[0].first[0]).toMatch(/entry 1 \(sentences/);
  });
});

test('identity: the same for the same content wherever it lies, another where a picture is missing', async () => {
  const [a, b] = [await writeNocaps(fresh(), COUNT), await writeNocaps(fresh(), COUNT)];
  const identity = (dir: string) => openCaptionSet(`nocaps?dir=${dir}`).identity;
  expect(identity(a)).toBe(identity(b));
  rmSync(join(b, 'val', 'a1.jpg'));
  expect(identity(a)).not.toBe(identity(b));
});

test('pictures of VQAv2 may lie beside it, with COCO', async () => {
  const dir = await writeVqa(join(fresh(), 'vqav2'), COUNT);
  rmSync(join(dir, 'val2014'), { recursive: true });
  await writeCoco(join(dir, '..', 'coco'), COUNT);
  expect(openQuestionSet(`vqav2?dir=${dir}`).images).toHaveLength(COUNT);
});

test('what is no such folder is told how it should look', async () => {
  const wrong = (specification: string) => {
    try {
      openQuestionSet(specification);
    } catch (error) {
      return error as Error & { hint: string; exitCode: number };
    }
    throw new Error('nothing was wrong');
  };
  const { message, hint, exitCode } = wrong(`vqav2?dir=${root}`);
  expect(message).toMatch(/holds no v2_OpenEnded_mscoco_val2014_questions\.json/);
  expect(hint).toMatch(/COCO_val2014_/);
  expect(exitCode).toBe(2);
  expect(wrong(`gqa?dir=${join(root, 'none')}`).message).toMatch(/There is no folder/);
  expect(wrong('gqa').message).toMatch(/Where is gqa/);
  expect(wrong(`gqa?dir=${root}&split=best`).hint).toMatch(/testdev, val, test/);
  expect(wrong(`gqa?dir=${root}&splt=val`).message).toMatch(/no option splt/);
  expect(wrong(`coco?dir=${root}`).hint).toMatch(/vqav2, okvqa, gqa/);
  const dir = await writeGqa(fresh(), 1);
  rmSync(join(dir, 'images'), { recursive: true });
  expect(wrong(`gqa?dir=${dir}`).message).toMatch(/nothing of gqa can be used/);
  expect(['vqav2', 'coco?dir=x', 'shapes', './folder'].map(isEvaluationSet)).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
