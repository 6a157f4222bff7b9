/** VQAv2, Visual Genome's questions and COCO's captions in small, laid out as the sets are. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jpeg, put } from '../data/sourcesFixture';

const COLORS = ['red', 'green', 'blue', 'yellow'];
const each = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const cocoName = (split: string, i: number) => `COCO_${split}_${String(100 + i).padStart(12, '0')}.jpg`;

/** One split of VQAv2: a picture for every second question; ten answers, seven of them alike. */
export async function writeVqav2(
  dir: string,
  split: 'train2014' | 'val2014',
  questions: number,
): Promise<string> {
  const color = (i: number) => COLORS[i % COLORS.length];
  put(dir, `v2_OpenEnded_mscoco_${split}_questions.json`, {
    task_type: 'Open-Ended',
    questions: each(questions, (i) => ({
      image_id: 100 + (i >> 1),
      question: i % 2 ? `What color is the circle?` : 'Is it a square?',
      question_id: 1000 + i,
    })),
  });
  put(dir, `v2_mscoco_${split}_annotations.json`, {
    annotations: each(questions, (i) => ({
      question_type: 'what',
      answer_type: 'other',
      multiple_choice_answer: color(i),
      answers: each(10, (n) => ({
        answer: n < 7 ? color(i) : 'a square',
        answer_confidence: 'yes',
        answer_id: n + 1,
      })),
      image_id: 100 + (i >> 1),
      question_id: 1000 + i,
    })),
  });
  for (let i = 0; 2 * i < questions; i++)
    put(dir, join(split, cocoName(split, i)), await jpeg(20 * i, 72, 64));
  return `vqav2?dir=${dir}&split=${split.slice(0, -4)}`;
}

/** Visual Genome's `question_answers.json`, pictures in both of its folders. */
export async function writeVgQuestions(dir: string, pictures: number): Promise<string> {
  put(
    dir,
    'question_answers.json',
    each(pictures, (i) => ({
      id: i + 1,
      qas: each(2, (n) => ({
        qa_id: 10 * i + n,
        image_id: i + 1,
        question: 'What is small?',
        answer: n ? 'The circle.' : 'A square.',
      })),
    })),
  );
  for (let i = 0; i < pictures; i++) {
    put(dir, join(i % 2 ? 'VG_100K_2' : 'VG_100K', `${i + 1}.jpg`), await jpeg(15 * i, 64, 80));
  }
  return `vgqa?dir=${dir}`;
}

/** Karpathy's `dataset_coco.json`, five captions a picture. */
export async function writeCocoCaptions(dir: string, pictures: number): Promise<string> {
  put(dir, 'dataset_coco.json', {
    images: each(pictures, (i) => ({
      filepath: 'train2014',
      filename: cocoName('train2014', i),
      cocoid: 100 + i,
      split: 'train',
      sentences: each(5, (n) => ({ raw: `A ${COLORS[(i + n) % 4]} circle and a square.` })),
    })),
  });
  for (let i = 0; i < pictures; i++) {
    put(dir, join('train2014', cocoName('train2014', i)), await jpeg(12 * i, 80, 72));
  }
  return `coco?dir=${dir}&split=train`;
}

/** A mix of sources, each drawn from as its size says. */
export function writeMix(specifications: readonly string[]): string {
  const path = join(mkdtempSync(join(tmpdir(), 'blip2-mix-')), 'mix.json');
  writeFileSync(path, JSON.stringify({ sources: specifications.map((data) => ({ data })) }));
  return path;
}
