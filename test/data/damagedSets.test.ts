/** Every format of the sets that are evaluated on, with every damage that can be done to it: counted, named, survived. */
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  openCaptionSet,
  openQuestionSet,
  type CaptionSet,
  type QuestionSet,
} from '../../packages/core/src/data';
import {
  breakLine,
  writeCoco,
  writeCocoKarpathy,
  writeFlickr30k,
  writeFlickr30kLavis,
  writeGqa,
  writeNocaps,
  writeNocapsLavis,
  writeVqa,
  writeVqaTest,
} from '../evaluate/published/sets';

const COUNT = 4;
const root = mkdtempSync(join(tmpdir(), 'blip2-damaged-'));

/** A list of entries in one of a format's files. */
interface Entries {
  file: string;
  key?: string;
  /** A field that an entry cannot do without. */
  field: string;
  /** What the set loses with one of them: questions, captions, or (of a set without) pictures. */
  costs: number;
  /** What else is wrong then. */
  also?: Record<string, number>;
}

interface Format {
  name: string;
  /** `vqav2`, with its options. */
  set: string;
  write: (dir: string) => Promise<string>;
  lists: Entries[];
  picture: string;
}

const vqa = (prefix: string): Entries[] => [
  {
    ...{ file: `${prefix}OpenEnded_mscoco_val2014_questions.json`, key: 'questions' },
    ...{ field: 'image_id', costs: 1 },
  },
  {
    ...{ file: `${prefix}mscoco_val2014_annotations.json`, key: 'annotations', field: 'answers', costs: 1 },
    also: { 'question without annotation': 1 },
  },
];
const test2015 = 'v2_OpenEnded_mscoco_test-dev2015_questions.json';
const nocaps = 'nocaps_val_4500_captions.json';

const FORMATS: Format[] = [
  {
    ...{ name: 'VQAv2', set: 'vqav2', write: (dir) => writeVqa(dir, COUNT), lists: vqa('v2_') },
    picture: 'val2014/COCO_val2014_000000000101.jpg',
  },
  {
    ...{ name: 'VQAv2 without answers', set: 'vqav2?split=test-dev' },
    write: (dir) => writeVqaTest(dir, COUNT),
    lists: [{ file: test2015, key: 'questions', field: 'question', costs: 1 }],
    picture: 'test2015/COCO_test2015_000000000101.jpg',
  },
  {
    ...{ name: 'OK-VQA', set: 'okvqa', write: (dir) => writeVqa(dir, COUNT, 'okvqa'), lists: vqa('') },
    picture: 'val2014/COCO_val2014_000000000101.jpg',
  },
  {
    ...{ name: 'GQA', set: 'gqa', write: (dir) => writeGqa(dir, COUNT), picture: 'images/n1.jpg' },
    lists: [{ file: 'testdev_balanced_questions.json', field: 'imageId', costs: 1 }],
  },
  {
    ...{ name: 'NoCaps', set: 'nocaps', write: (dir) => writeNocaps(dir, COUNT), picture: 'val/a1.jpg' },
    lists: [
      { file: nocaps, key: 'images', field: 'file_name', costs: 5, also: { 'caption of no image': 5 } },
      { file: nocaps, key: 'annotations', field: 'caption', costs: 1 },
    ],
  },
  {
    ...{ name: 'NoCaps, LAVIS’s list', set: 'nocaps', write: (dir) => writeNocapsLavis(dir, COUNT) },
    lists: [{ file: 'nocaps_val.json', field: 'img_id', costs: 1 }],
    picture: 'val/a1.jpg',
  },
  {
    ...{ name: 'COCO, Karpathy’s', set: 'coco', write: (dir) => writeCocoKarpathy(dir, COUNT) },
    lists: [{ file: 'dataset_coco.json', key: 'images', field: 'sentences', costs: 5 }],
    picture: 'val2014/COCO_val2014_000000000101.jpg',
  },
  {
    ...{ name: 'COCO, LAVIS’s list', set: 'coco', write: (dir) => writeCoco(dir, COUNT) },
    lists: [{ file: 'coco_karpathy_test.json', field: 'caption', costs: 5 }],
    picture: 'val2014/COCO_val2014_000000000101.jpg',
  },
  {
    ...{ name: 'Flickr30K, Karpathy’s', set: 'flickr30k', write: (dir) => writeFlickr30k(dir, COUNT) },
    lists: [{ file: 'dataset_flickr30k.json', key: 'images', field: 'filename', costs: 5 }],
    picture: 'flickr30k-images/1001.jpg',
  },
  {
    ...{ name: 'Flickr30K, LAVIS’s list', set: 'flickr30k' },
    write: (dir) => writeFlickr30kLavis(dir, COUNT),
    lists: [{ file: 'flickr30k_test.json', field: 'image', costs: 5 }],
    picture: 'flickr30k-images/1001.jpg',
  },
];

/** What may be wrong in an entry. */
const DAMAGES: Record<string, (entry: Record<string, unknown>, field: string) => unknown> = {
  'is null': () => null,
  'lacks a field': ({ ...entry }, field) => (delete entry[field], entry),
  'has a field of another type': (entry, field) => ({ ...entry, [field]: { not: 'so' } }),
};

describe.each(FORMATS)('$name', ({ set: specification, write, lists, picture }) => {
  let whole: string;
  const open = (dir: string): QuestionSet | CaptionSet => {
    const [name, options = ''] = specification.split('?');
    const full = `${name}?dir=${dir}&${options}`;
    return /qa/.test(name) ? openQuestionSet(full) : openCaptionSet(full);
  };
  const copy = () => {
    const dir = mkdtempSync(join(root, 'copy-'));
    cpSync(whole, dir, { recursive: true });
    return dir;
  };
  const problems = (set: QuestionSet | CaptionSet) =>
    Object.fromEntries(set.problems.map(({ what, count }) => [what, count]));
  const named = (set: QuestionSet | CaptionSet, kind: string) =>
    set.problems.find(({ what }) => what === kind)!.first[0];
  /** Entries that there are, lost ones named by their picture. */
  const remains = (set: QuestionSet | CaptionSet) =>
    set.images.flatMap((image) => {
      const texts = 'questions' in image ? image.questions.map(({ id }) => id) : image.captions;
      return texts.length > 0 ? texts.map((text) => `${image.id}: ${text}`) : [`${image.id}`];
    });
  /** Does it hold what the whole one does, but for so many? */
  const expectLost = (set: QuestionSet | CaptionSet, count: number) => {
    const before = remains(open(whole));
    const left = remains(set);
    expect(before).toEqual(expect.arrayContaining(left));
    expect(before.length - left.length).toBe(count);
  };
  /** Rewrites one list. */
  const change = (dir: string, { file, key }: Entries, how: (list: unknown[] | object) => void) => {
    const content = JSON.parse(readFileSync(join(dir, file), 'utf8')) as Record<string, unknown>;
    how((key === undefined ? content : content[key]) as object);
    writeFileSync(join(dir, file), JSON.stringify(content));
  };

  beforeAll(async () => {
    whole = await write(mkdtempSync(join(root, 'whole-')));
    expect(open(whole)).toMatchObject({ problems: [] });
    expect(open(whole).images).toHaveLength(COUNT);
  });

  test('a picture is missing', () => {
    const dir = copy();
    rmSync(join(dir, picture));
    const set = open(dir);
    expect(problems(set)).toEqual({ 'image missing': 1 });
    expect(picture).toContain(named(set, 'image missing'));
    expect(set.images).toHaveLength(COUNT - 1);
  });

  test('no picture is there: refused, saying so', () => {
    const dir = copy();
    rmSync(join(dir, picture, '..'), { recursive: true });
    expect(() => open(dir)).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/can be used/) as string,
        hint: expect.stringMatching(
          new RegExp(`^${COUNT} × image missing: .*\nIt should look`, 's'),
        ) as string,
      }) as Error,
    );
  });

  describe.each(lists)('$file $key', (list) => {
    const { file, key, field, costs, also } = list;
    const broken = `${file}: broken entry`;

    test('fields that nobody knows change nothing', () => {
      const dir = copy();
      change(dir, list, (entries) => {
        const [first] = Object.values(entries) as Record<string, unknown>[];
        Object.assign(first, { novel: { deep: [1, '}'] } });
      });
      if (key) {
        const path = join(dir, file);
        writeFileSync(path, readFileSync(path, 'utf8').replace('{', '{"novel": [{}],'));
      }
      const set = open(dir);
      expect(set.problems).toEqual([]);
      expect(set.identity).toBe(open(whole).identity);
    });

    test('a line is cut off', () => {
      const dir = copy();
      breakLine(join(dir, file), 1, key);
      const set = open(dir);
      expect(problems(set)).toEqual({ [broken]: 1, ...also });
      expect(named(set, broken)).toBe('line 2');
      expectLost(set, costs);
    });

    test('the first line is cut off', () => {
      const dir = copy();
      breakLine(join(dir, file), 0, key);
      const set = open(dir);
      expect(problems(set)).toMatchObject({ [broken]: 1 });
      expect(named(set, broken)).toBe('line 1');
      expectLost(set, costs);
    });

    test('the file is cut short', () => {
      const dir = copy();
      const path = join(dir, file);
      breakLine(path, -1, key);
      const text = readFileSync(path, 'utf8');
      truncateSync(path, statSync(path).size - (text.length - text.lastIndexOf('\n')) + 20);
      const set = open(dir);
      expect(named(set, broken)).toMatch(/^line \d+ \(and all after it: the file ends there\)$/);
      expect(set.images.length).toBeGreaterThan(0);
    });

    test.each(Object.entries(DAMAGES))('an entry %s', (_, damage) => {
      const dir = copy();
      change(dir, list, (entries) => {
        const at = Object.keys(entries)[1] as keyof typeof entries;
        Object.assign(entries, { [at]: damage(entries[at], field) });
      });
      const set = open(dir);
      expect(problems(set)).toEqual({ [broken]: 1, ...also });
      expect(named(set, broken)).toMatch(/^(entry 1|"\d+") \(/);
      expectLost(set, costs);
    });
  });
});
