/** Every format of the sets that are trained on, with every damage that can be done to it: counted, named, survived. */
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { checkSource, openSource, type PictureSource } from '../../packages/core/src/data';
import { breakLine } from '../evaluate/published/sets';
import { writeCocoCaptions, writeVgQuestions, writeVqav2 } from '../recipes/questionSets';
import { faultsOf, jpeg, put } from './sourcesFixture';

const COUNT = 4;
const root = mkdtempSync(join(tmpdir(), 'blip2-damaged-sources-'));
const each = <T>(make: (i: number) => T): T[] => Array.from({ length: COUNT }, (_, i) => make(i));

/** A list of entries in one of a format's files. */
interface Entries {
  file: string;
  key?: string;
  /** A field that an entry cannot do without, and what it is called if it is not there. */
  field: string;
  fault: string;
  /** The samples that are lost with the second entry. */
  lost: string[];
  /** What else is wrong then. */
  also?: Record<string, number>;
}

interface Format {
  name: string;
  write: (dir: string) => Promise<unknown>;
  set: string;
  lists: Entries[];
  picture: string;
  /** What a missing picture is called: by the index, or (`no such file`) where it is looked for. */
  missing: string;
}

const pictures = async (dir: string, nameOf: (i: number) => string) => {
  for (let i = 0; i < COUNT; i++) put(dir, nameOf(i), await jpeg(20 * i));
};
const lavisList = (nameOf: (i: number) => string) =>
  each((i) => ({ image: nameOf(i), caption: `Picture ${i}.` }));
const official = (i: number) => `COCO_train2014_${`${i}`.padStart(12, '0')}.jpg`;
const ofLavis = (file: string, lost: string): Entries[] => [
  { file, field: 'image', fault: 'no image', lost: [lost] },
  { file, field: 'caption', fault: 'no caption', lost: [lost] },
];

const FORMATS: Format[] = [
  {
    ...{ name: 'COCO, Karpathy’s', set: 'coco', write: (dir) => writeCocoCaptions(dir, COUNT) },
    lists: [
      {
        ...{ file: 'dataset_coco.json', key: 'images', field: 'sentences', fault: 'no caption' },
        lost: ['COCO_train2014_000000000101.jpg'],
      },
    ],
    ...{ picture: 'train2014/COCO_train2014_000000000101.jpg', missing: 'no such file' },
  },
  {
    ...{ name: 'COCO, official', set: 'coco' },
    async write(dir) {
      put(dir, 'captions_train2014.json', {
        images: each((i) => ({ id: i, file_name: official(i) })),
        annotations: each((i) => ({ id: 10 * i, image_id: i, caption: `Picture ${i}.` })),
      });
      await pictures(dir, (i) => join('train2014', official(i)));
    },
    lists: [
      {
        ...{ file: 'captions_train2014.json', key: 'images', field: 'file_name', fault: 'no file_name' },
        lost: [official(1)],
        also: { 'captions of no picture': 1 },
      },
      {
        ...{ file: 'captions_train2014.json', key: 'annotations', field: 'caption', fault: 'no caption' },
        lost: [official(1)],
        also: { 'no caption': 1 },
      },
    ],
    ...{ picture: join('train2014', official(1)), missing: 'no such file' },
  },
  {
    ...{ name: 'COCO, LAVIS’s list', set: 'coco' },
    async write(dir) {
      put(
        dir,
        'coco_karpathy_train.json',
        lavisList((i) => `train2014/${i}.jpg`),
      );
      await pictures(dir, (i) => `train2014/${i}.jpg`);
    },
    lists: ofLavis('coco_karpathy_train.json', 'train2014/1.jpg'),
    ...{ picture: 'train2014/1.jpg', missing: 'no such file' },
  },
  {
    ...{ name: 'Visual Genome, its regions', set: 'vg' },
    async write(dir) {
      const region = (i: number) => ({ region_id: i, width: 1, phrase: `thing ${i}`, image_id: i });
      put(
        dir,
        'region_descriptions.json',
        each((i) => ({ regions: [region(i)], id: i })),
      );
      await pictures(dir, (i) => `VG_100K/${i}.jpg`);
    },
    lists: [{ file: 'region_descriptions.json', field: 'regions', fault: 'no caption', lost: ['1.jpg'] }],
    ...{ picture: 'VG_100K/1.jpg', missing: 'no such picture' },
  },
  {
    ...{ name: 'Visual Genome, LAVIS’s list', set: 'vg' },
    async write(dir) {
      put(
        dir,
        'vg_caption.json',
        lavisList((i) => `VG_100K/${i}.jpg`),
      );
      await pictures(dir, (i) => `VG_100K/${i}.jpg`);
    },
    lists: ofLavis('vg_caption.json', 'VG_100K/1.jpg'),
    ...{ picture: 'VG_100K/1.jpg', missing: 'no such file' },
  },
  {
    ...{ name: 'VQAv2', set: 'vqav2', write: (dir) => writeVqav2(dir, 'train2014', 2 * COUNT) },
    lists: [
      {
        ...{ file: 'v2_OpenEnded_mscoco_train2014_questions.json', key: 'questions', field: 'question' },
        ...{ fault: 'no question', lost: ['1001'], also: { 'an annotation of no question': 1 } },
      },
      {
        ...{ file: 'v2_mscoco_train2014_annotations.json', key: 'annotations', field: 'answers' },
        ...{ fault: 'no annotation', lost: ['1001'], also: { 'question without annotation': 1 } },
      },
    ],
    ...{ picture: 'train2014/COCO_train2014_000000000101.jpg', missing: 'no such file' },
  },
  {
    ...{ name: 'Visual Genome’s questions', set: 'vgqa', write: (dir) => writeVgQuestions(dir, COUNT) },
    lists: [{ file: 'question_answers.json', field: 'qas', fault: 'no picture', lost: ['10', '11'] }],
    ...{ picture: 'VG_100K_2/2.jpg', missing: 'no such picture' },
  },
  {
    ...{ name: 'Visual Genome’s questions, LAVIS’s list', set: 'vgqa' },
    async write(dir) {
      const asked = (i: number) => ({ image: `VG_100K/${i}.jpg`, question: 'Who?', answer: `Man ${i}.` });
      put(dir, 'vg_qa.json', each(asked));
      await pictures(dir, (i) => `VG_100K/${i}.jpg`);
    },
    lists: [
      { file: 'vg_qa.json', field: 'question', fault: 'no question', lost: ['1'] },
      { file: 'vg_qa.json', field: 'answer', fault: 'no answer', lost: ['1'] },
      { file: 'vg_qa.json', field: 'image', fault: 'no picture', lost: ['1'] },
    ],
    ...{ picture: 'VG_100K/1.jpg', missing: 'no such file' },
  },
  {
    ...{ name: 'web pairs, LAVIS’s list', set: 'cc12m' },
    async write(dir) {
      put(
        dir,
        'cc12m.json',
        lavisList((i) => `x/${i}.jpg`),
      );
      await pictures(dir, (i) => `x/${i}.jpg`);
    },
    lists: ofLavis('cc12m.json', 'x/1.jpg'),
    ...{ picture: 'x/1.jpg', missing: 'no such file' },
  },
];

/** What may be wrong in an entry, and its name unless it is that of the field. */
const DAMAGES: [string, (entry: Record<string, unknown>, field: string) => unknown, string?][] = [
  ['lacks a field', ({ ...entry }, field) => (delete entry[field], entry)],
  ['has a field of another type', (entry, field) => ({ ...entry, [field]: { not: 'so' } })],
  ['has null for a field', (entry, field) => ({ ...entry, [field]: null })],
];
/** A line that is no entry at all. */
const BROKEN: [string, ((line: string) => string)?][] = [
  ['is cut off'],
  ['has lost a bracket', (line) => line.replace(/\}(,?)$/, '$1')],
  ['has a bracket too many', (line) => line.replace(/\}(,?)$/, '}}$1')],
  ['has lost a quote', (line) => line.replace(/"([^"]*)$/, '$1')],
  ['is something else', () => 'oops,'],
];

const idsOf = (source: PictureSource) => Array.from({ length: source.size }, (_, i) => source.id(i));

describe.each(FORMATS)('$name', ({ set, write, lists, picture, missing }) => {
  let whole: string;
  let ids: string[];
  const copy = () => {
    const dir = mkdtempSync(join(root, 'copy-'));
    cpSync(whole, dir, { recursive: true });
    rmSync(join(dir, 'blip2'), { recursive: true, force: true });
    return dir;
  };
  const open = (dir: string) => openSource(`${set}?dir=${dir}`);
  const change = (dir: string, { file, key }: Entries, how: (list: unknown[]) => void) => {
    const content = JSON.parse(readFileSync(join(dir, file), 'utf8')) as Record<string, unknown>;
    how((key === undefined ? content : content[key]) as unknown[]);
    writeFileSync(join(dir, file), JSON.stringify(content));
  };
  const rest = (lost: readonly string[]) => ids.filter((id) => !lost.includes(id));

  beforeAll(async () => {
    whole = mkdtempSync(join(root, 'whole-'));
    await write(whole);
    const source = await open(whole);
    ids = idsOf(source);
    expect(ids.length).toBeGreaterThanOrEqual(COUNT);
    expect(faultsOf(source)).toEqual({});
    await source.close();
  });

  test('a picture is missing: `data check` says so, the others are read', async () => {
    const dir = copy();
    rmSync(join(dir, picture));
    const source = await open(dir);
    const { missing: looked, ok, samples } = await checkSource(source);
    const where = missing === 'no such file' ? looked : source.faults;
    expect(ok).toBe(false);
    expect(where.by[missing].examples[0]).toContain(picture.split('/').at(-1));
    expect(samples.length).toBeGreaterThan(0);
    expect(samples.length).toBeLessThan(ids.length);
    await source.close();
  });

  describe.each(lists)('$file, $field', (list) => {
    const { file, key, field, fault, lost, also } = list;

    test('fields that nobody knows change nothing', async () => {
      const dir = copy();
      change(dir, list, (entries) => Object.assign(entries[0] as object, { novel: { deep: [1, '}'] } }));
      const path = join(dir, file);
      if (key) writeFileSync(path, readFileSync(path, 'utf8').replace('{', '{"novel": [{}],'));
      const source = await open(dir);
      expect({ ids: idsOf(source), faults: faultsOf(source) }).toEqual({ ids, faults: {} });
      await source.close();
    });

    test.each(BROKEN)('a line %s', async (_, damage) => {
      const dir = copy();
      breakLine(join(dir, file), 1, key, damage);
      const source = await open(dir);
      expect(faultsOf(source)).toEqual({ 'not JSON': 1, ...also });
      expect(source.faults.by['not JSON'].examples).toEqual([`${join(dir, file)} entry 1`]);
      expect(idsOf(source)).toHaveLength(ids.length - lost.length);
      await source.close();
    });

    test('the first line is cut off', async () => {
      const dir = copy();
      breakLine(join(dir, file), 0, key);
      const source = await open(dir);
      expect(faultsOf(source)).toMatchObject({ 'not JSON': 1 });
      expect(idsOf(source)).toHaveLength(ids.length - lost.length);
      await source.close();
    });

    test('the file is cut short: what comes before is there', async () => {
      const dir = copy();
      const path = join(dir, file);
      breakLine(path, -1, key);
      const text = readFileSync(path, 'utf8');
      truncateSync(path, statSync(path).size - (text.length - text.lastIndexOf('\n')) + 20);
      if (key === 'images' && text.includes('"annotations"')) {
        // All captions come after the pictures.
        await expect(open(dir)).rejects.toThrow(/lists no picture of coco/);
        return;
      }
      const source = await open(dir);
      expect(faultsOf(source)).toMatchObject({ 'the file is cut short': 1 });
      expect(source.size).toBeLessThan(ids.length);
      await source.close();
    });

    test('an entry is null', async () => {
      const dir = copy();
      change(dir, list, (entries) => (entries[1] = null));
      const source = await open(dir);
      const [[reason, { examples }]] = Object.entries(source.faults.by);
      expect(reason).toMatch(/^no /);
      expect(examples[0]).toMatch(new RegExp(`${file.replaceAll('.', '\\.')}.* 1\\b`));
      expect(idsOf(source)).toHaveLength(ids.length - lost.length);
      await source.close();
    });

    test.each(DAMAGES)('an entry %s', async (_, damage) => {
      const dir = copy();
      change(dir, list, (entries) => (entries[1] = damage(entries[1] as Record<string, unknown>, field)));
      const source = await open(dir);
      expect(faultsOf(source)[fault]).toBe(1 + (also?.[fault] ?? 0));
      expect(source.faults.by[fault].examples[0]).toMatch(
        new RegExp(`${file.replaceAll('.', '\\.')}.* 1\\b`),
      );
      expect(idsOf(source)).toEqual(rest(lost));
      await source.close();
    });
  });
});

test('SBU: a broken caption does not shift those after it', async () => {
  const dir = mkdtempSync(join(root, 'sbu-'));
  put(dir, 'sbu-captions-all.json', '{"image_urls": [], "captions": ["a hill", oops, 7, "a sea"]}');
  for (let i = 0; i < 4; i++) put(dir, `images/${i}.jpg`, await jpeg(20 * i));
  const source = await openSource(`sbu?dir=${dir}`);
  expect(faultsOf(source)).toEqual({ 'not JSON': 1, 'no caption': 2 });
  expect(source.faults.by['no caption'].examples).toEqual(
    [1, 2].map((row) => `${join(dir, 'sbu-captions-all.json')} caption ${row}`),
  );
  const said = await Promise.all([0, 1].map((i) => source.read(i)));
  expect(said.map(({ id, captions }) => [id, ...captions])).toEqual([
    ['images/0.jpg', 'a hill'],
    ['images/3.jpg', 'a sea'],
  ]);
  expect(existsSync(join(dir, 'blip2'))).toBe(true);
  await source.close();
});
