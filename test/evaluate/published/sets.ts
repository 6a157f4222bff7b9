/** The public sets in small: folders laid out as they are published, with pictures of Shapes, and what may be wrong with them. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { shapes } from '../../../packages/core/src/data';

const world = shapes({ train: 1, validation: 1, test: 80 }).test;

const write = (path: string, content: string | Uint8Array): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
};
const json = (path: string, value: unknown): void => write(path, JSON.stringify(value));

async function picture(path: string, index: number): Promise<void> {
  const { imageSize: side } = world;
  const raw = { width: side, height: side, channels: 3 as const };
  write(
    path,
    await sharp(world.pixels(index % world.size), { raw })
      .jpeg()
      .toBuffer(),
  );
}

const each = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const cocoName = (i: number) => `COCO_val2014_${String(100 + i).padStart(12, '0')}.jpg`;
const captionsOf = (i: number) => each(5, (n) => `${world.captions(i % world.size)[0]}, said ${n}.`);

/** Questions with ten answers each, or one (GQA). */
const asked = (i: number) =>
  world.questions!(i % world.size)
    .slice(0, 3)
    .map((one, n) => ({ ...one, id: 1000 * (100 + i) + n }));
const ten = (answer: string, i: number) =>
  each(10, (n) => ({
    answer: n < 6 + (i % 4) ? answer : 'something else',
    answer_confidence: 'yes',
    answer_id: n + 1,
  }));

/** `v2_…` and `val2014/`; OK-VQA's without `v2_`. */
export async function writeVqa(
  dir: string,
  count: number,
  name: 'vqav2' | 'okvqa' = 'vqav2',
): Promise<string> {
  const prefix = name === 'vqav2' ? 'v2_' : '';
  const questions = each(count, (i) =>
    asked(i).map(({ id, question }) => ({ image_id: 100 + i, question, question_id: id })),
  ).flat();
  const annotations = each(count, (i) =>
    asked(i).map(({ id, kind, answer }) => ({
      question_type: `what ${kind}`,
      multiple_choice_answer: answer,
      answers: ten(answer, i),
      image_id: 100 + i,
      answer_type: kind === 'count' ? 'number' : 'other',
      question_id: id,
    })),
  ).flat();
  const info = {
    info: { year: 2014 },
    task_type: 'Open-Ended',
    data_type: 'mscoco',
    license: {},
    data_subtype: 'val2014',
  };
  json(join(dir, `${prefix}OpenEnded_mscoco_val2014_questions.json`), { ...info, questions });
  json(join(dir, `${prefix}mscoco_val2014_annotations.json`), { ...info, annotations });
  for (let i = 0; i < count; i++) await picture(join(dir, 'val2014', cocoName(i)), i);
  return dir;
}

/** VQAv2's splits whose answers its server keeps. */
export async function writeVqaTest(dir: string, count: number): Promise<string> {
  for (const split of ['test-dev2015', 'test2015']) {
    const questions = each(count, (i) =>
      asked(i).map(({ id, question }) => ({ image_id: 100 + i, question, question_id: id })),
    ).flat();
    json(join(dir, `v2_OpenEnded_mscoco_${split}_questions.json`), { questions });
  }
  for (let i = 0; i < count; i++) {
    await picture(join(dir, 'test2015', cocoName(i).replace('val2014', 'test2015')), i);
  }
  return dir;
}

/** `testdev_balanced_questions.json` and `images/`. */
export async function writeGqa(dir: string, count: number): Promise<string> {
  const entries = each(count, (i) =>
    asked(i).map(({ id, kind, question, answer }) => [
      String(id),
      {
        semantic: [{ operation: 'select', dependencies: [], argument: 'circle' }],
        isBalanced: true,
        types: { detailed: kind, semantic: kind, structural: 'query' },
        ...{ question, answer, imageId: `n${i}`, fullAnswer: `It is ${answer}.` },
      },
    ]),
  ).flat();
  json(join(dir, 'testdev_balanced_questions.json'), Object.fromEntries(entries));
  for (let i = 0; i < count; i++) await picture(join(dir, 'images', `n${i}.jpg`), i);
  return dir;
}

/** COCO's format with domains. */
export async function writeNocaps(dir: string, count: number): Promise<string> {
  const domains = ['in-domain', 'near-domain', 'out-domain'];
  const images = each(count, (i) => ({
    ...{ license: 0, coco_url: 'none', width: 64, height: 64, open_images_id: `a${i}` },
    ...{ id: i, domain: domains[i % 3], file_name: `a${i}.jpg` },
  }));
  const annotations = each(count, (i) =>
    captionsOf(i).map((caption, n) => ({ image_id: i, id: 10 * i + n, caption })),
  ).flat();
  json(join(dir, 'nocaps_val_4500_captions.json'), { licenses: [], info: {}, images, annotations });
  for (let i = 0; i < count; i++) await picture(join(dir, 'val', `a${i}.jpg`), i);
  return dir;
}

/** Karpathy's format. */
export async function writeFlickr30k(dir: string, count: number): Promise<string> {
  const images = each(count + 1, (i) => ({
    ...{
      sentids: [0, 1, 2, 3, 4],
      imgid: i,
      split: i < count ? 'test' : 'train',
      filename: `${1000 + i}.jpg`,
    },
    sentences: captionsOf(i).map((raw, n) => ({ tokens: raw.split(' '), raw, imgid: i, sentid: 5 * i + n })),
  }));
  json(join(dir, 'dataset_flickr30k.json'), { dataset: 'flickr30k', images });
  for (let i = 0; i < count; i++) await picture(join(dir, 'flickr30k-images', `${1000 + i}.jpg`), i);
  return dir;
}

/** LAVIS's list. */
export async function writeCoco(dir: string, count: number): Promise<string> {
  const list = each(count, (i) => ({ image: `val2014/${cocoName(i)}`, caption: captionsOf(i) }));
  json(join(dir, 'coco_karpathy_test.json'), list);
  for (let i = 0; i < count; i++) await picture(join(dir, 'val2014', cocoName(i)), i);
  return dir;
}

/** All of them, by name. */
export async function writeSets(root: string, count: number): Promise<void> {
  await writeVqa(join(root, 'vqav2'), count);
  await writeVqaTest(join(root, 'vqav2'), count);
  await writeVqa(join(root, 'okvqa'), count, 'okvqa');
  await writeGqa(join(root, 'gqa'), count);
  await writeNocaps(join(root, 'nocaps'), count);
  await writeFlickr30k(join(root, 'flickr30k'), count);
  await writeCoco(join(root, 'coco'), count);
}

/** Karpathy's format; a split that is not measured beside it. */
export async function writeCocoKarpathy(dir: string, count: number): Promise<string> {
  const images = each(count + 1, (i) => ({
    ...{ filepath: 'val2014', sentids: [0, 1, 2, 3, 4], filename: cocoName(i), imgid: i, cocoid: 100 + i },
    split: i < count ? 'test' : 'restval',
    sentences: captionsOf(i).map((raw, n) => ({ tokens: raw.split(' '), raw, imgid: i, sentid: 5 * i + n })),
  }));
  json(join(dir, 'dataset_coco.json'), { images, dataset: 'coco' });
  for (let i = 0; i < count; i++) await picture(join(dir, 'val2014', cocoName(i)), i);
  return dir;
}

/** LAVIS's list. */
export async function writeFlickr30kLavis(dir: string, count: number): Promise<string> {
  const list = each(count, (i) => ({ image: `flickr30k-images/${1000 + i}.jpg`, caption: captionsOf(i) }));
  json(join(dir, 'flickr30k_test.json'), list);
  for (let i = 0; i < count; i++) await picture(join(dir, 'flickr30k-images', `${1000 + i}.jpg`), i);
  return dir;
}

/** LAVIS's list, without captions. */
export async function writeNocapsLavis(dir: string, count: number): Promise<string> {
  json(
    join(dir, 'nocaps_val.json'),
    each(count, (i) => ({ image: `val/a${i}.jpg`, img_id: i })),
  );
  for (let i = 0; i < count; i++) await picture(join(dir, 'val', `a${i}.jpg`), i);
  return dir;
}

/**
 * The file, or its list under `key`, with a line for each entry, the first on the first line; the entry of a number is
 * written as `damage` says: cut off in its middle, comma and all, unless given.
 */
export function breakLine(path: string, entry: number, key?: string, damage = cutInHalf): void {
  const content = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  const list = (key === undefined ? content : content[key]) as unknown[] | Record<string, unknown>;
  const entries = Array.isArray(list)
    ? list.map((value) => JSON.stringify(value))
    : Object.entries(list).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const lines = entries.map((text, i) => {
    const line = `${text}${i < entries.length - 1 ? ',' : ''}`;
    return i === entry ? damage(line) : line;
  });
  const [open, close] = Array.isArray(list) ? '[]' : '{}';
  const whole = `${open}${lines.join('\n')}${close}`;
  const place = 'the list';
  const around = key === undefined ? JSON.stringify(place) : JSON.stringify({ ...content, [key]: place });
  writeFileSync(
    path,
    around.replace(JSON.stringify(place), () => whole),
  );
}

const cutInHalf = (line: string): string => line.slice(0, Math.floor(line.length / 2));
