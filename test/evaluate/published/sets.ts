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

/** One line for each entry; the entry of a number is cut off in its middle. */
export function breakLine(path: string, entry: number): void {
  const lines = readFileSync(path, 'utf8')
    .replaceAll(/\},\s*(?=\{"(?:image_id|question_type|image)"|"\d+":)/g, '},\n')
    .split('\n');
  lines[entry] = lines[entry].slice(0, Math.floor(lines[entry].length / 2));
  writeFileSync(path, lines.join('\n'));
}
