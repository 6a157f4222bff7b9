/** Readers of VQAv2, OK-VQA (visualqa.org's format) and GQA, as they are published. */
import { join } from 'node:path';
import { z } from 'zod';
import { findFile, ImageFinder } from './places';
import { Problems } from './problems';
import { makeSet, type QuestionImage, type QuestionSet, type SampleId, type SetQuestion } from './set';
import { SetFile } from './setFile';

const id = z.union([z.number(), z.string()]);

/** An entry of visualqa.org's questions. */
export const vqaQuestion = z.object({ question_id: id, image_id: z.number(), question: z.string() });

/** An entry of visualqa.org's annotations. */
export const vqaAnnotation = z.object({
  question_id: id,
  question_type: z.string(),
  answer_type: z.string(),
  answers: z.array(z.object({ answer: z.string() })).min(1),
});

const gqaQuestion = z.object({
  key: z.string(),
  imageId: z.string(),
  question: z.string(),
  answer: z.string().optional(),
  types: z.object({ structural: z.string().optional(), semantic: z.string().optional() }).optional(),
});

/** Where the pictures of COCO lie: with the set, or beside it, for VQAv2 and OK-VQA share them. */
export const cocoRoots = (dir: string): string[] => [
  dir,
  join(dir, 'images'),
  join(dir, '..', 'coco'),
  join(dir, '..', 'coco', 'images'),
];

/** Where files of annotations lie. */
export const FILE_PLACES = ['', 'annotations', 'questions'];

/** A split in visualqa.org's format. */
interface VqaFiles {
  questions: string;
  /** Absent where the server keeps the answers. */
  annotations?: string;
  /** `val2014` */
  images: string;
}

/** By split. */
export const VQAV2: Readonly<Record<string, VqaFiles>> = {
  train: vqav2('train2014'),
  val: vqav2('val2014'),
  'test-dev': { questions: 'v2_OpenEnded_mscoco_test-dev2015_questions.json', images: 'test2015' },
  test: { questions: 'v2_OpenEnded_mscoco_test2015_questions.json', images: 'test2015' },
};

const OKVQA: Record<string, VqaFiles> = { train: okvqa('train2014'), val: okvqa('val2014') };

function vqav2(images: string): VqaFiles {
  return {
    questions: `v2_OpenEnded_mscoco_${images}_questions.json`,
    annotations: `v2_mscoco_${images}_annotations.json`,
    images,
  };
}

function okvqa(images: string): VqaFiles {
  return {
    questions: `OpenEnded_mscoco_${images}_questions.json`,
    annotations: `mscoco_${images}_annotations.json`,
    images,
  };
}

const GQA: Record<string, string> = {
  testdev: 'testdev_balanced_questions.json',
  val: 'val_balanced_questions.json',
  test: 'test_balanced_questions.json',
};

/** Splits whose answers the server keeps. */
const GQA_KEPT = ['test'];

/** Splits of each set; the first is what the paper measures. */
export const QUESTION_SPLITS = {
  vqav2: ['val', 'test-dev', 'test', 'train'],
  okvqa: ['val', 'train'],
  gqa: Object.keys(GQA),
};

/** How the folder of VQAv2, or of OK-VQA, looks. */
export function vqaLayout(name: 'vqav2' | 'okvqa', split: string): string {
  const { questions, annotations, images } = (name === 'vqav2' ? VQAV2 : OKVQA)[split];
  return [
    `  ${questions}`,
    ...(annotations ? [`  ${annotations}`] : []),
    `  ${images}/COCO_${images}_000000000042.jpg …   (or ../coco/${images}/)`,
  ].join('\n');
}

/** @throws Blip2Error naming the lay-out expected if the folder is another */
export function readVqa(name: 'vqav2' | 'okvqa', dir: string, split: string): QuestionSet {
  const files = (name === 'vqav2' ? VQAV2 : OKVQA)[split];
  const layout = vqaLayout(name, split);
  const problems = new Problems();
  const open = (file: string) => new SetFile(findFile(dir, [file], FILE_PLACES, layout), problems);
  const asked = open(files.questions).list(vqaQuestion, 'questions');
  const annotated = files.annotations ? open(files.annotations).list(vqaAnnotation, 'annotations') : [];
  const answers = new Map(annotated.map((entry) => [entry.question_id, entry]));
  const questions = asked.flatMap(({ question_id, image_id, question }): Placed[] => {
    const known = answers.get(question_id);
    if (files.annotations && !known) {
      problems.add('question without annotation', String(question_id));
      return [];
    }
    return [
      {
        image: image_id,
        id: question_id,
        question,
        type: known?.question_type ?? '',
        answerType: known?.answer_type ?? '',
        answers: known?.answers.map(({ answer }) => answer),
      },
    ];
  });
  const fileOf = (image: SampleId) =>
    `${files.images}/COCO_${files.images}_${String(image).padStart(12, '0')}.jpg`;
  const images = byImage(questions, fileOf, new ImageFinder(cocoRoots(dir)));
  return { ...makeSet({ task: 'vqa', name, split }, images, problems), scoring: 'vqa' };
}

/** How GQA's folder looks. */
export const gqaLayout = (split: string): string => `  ${GQA[split]}\n  images/n161313.jpg …`;

/** @throws Blip2Error naming the lay-out expected if the folder is another */
export function readGqa(dir: string, split: string): QuestionSet {
  const problems = new Problems();
  const path = findFile(dir, [GQA[split]], FILE_PLACES, gqaLayout(split));
  const questions = new SetFile(path, problems)
    .record(gqaQuestion)
    .flatMap(({ key, imageId, question, answer, types }): Placed[] => {
      if (answer === undefined && !GQA_KEPT.includes(split)) {
        problems.add('question without answer', key);
        return [];
      }
      const [type, answerType] = [types?.semantic ?? '', types?.structural ?? ''];
      const answers = answer === undefined ? undefined : [answer];
      return [{ image: imageId, id: key, question, type, answerType, answers }];
    });
  const images = byImage(questions, (image) => `images/${image}.jpg`, new ImageFinder([dir]));
  return { ...makeSet({ task: 'vqa', name: 'gqa', split }, images, problems), scoring: 'gqa' };
}

type Placed = SetQuestion & { image: SampleId };

/** Questions picture by picture, in order of the first about each: so each picture is read and encoded once. */
function byImage(questions: readonly Placed[], fileOf: (image: SampleId) => string, finder: ImageFinder) {
  const found: (Omit<QuestionImage, 'path'> & { path: string | undefined; file: string })[] = [];
  const known = new Map<SampleId, QuestionImage['questions']>();
  for (const { image, ...own } of questions) {
    let list = known.get(image);
    if (!list) {
      const file = fileOf(image);
      known.set(image, (list = []));
      found.push({ id: image, path: finder.find(file), file, questions: list });
    }
    list.push(own);
  }
  return found;
}
