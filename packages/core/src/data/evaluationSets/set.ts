/** A public set as evaluation sees it: pictures on disk, with questions or captions. */
import { sha256 } from '../../checkpoints';
import type { Problems, SetProblem } from './problems';

/** As in the set's own files. */
export type SampleId = number | string;

/** A picture on disk. */
export interface SetImage {
  id: SampleId;
  path: string;
}

/** A question about a picture. */
export interface SetQuestion {
  id: SampleId;
  question: string;
  /** In the set's own words: `what color is the`. */
  type: string;
  /** `yes/no`, `number`, `other`. */
  answerType: string;
  /** What people answered, or the one right answer; absent where the set keeps it to itself. */
  answers?: readonly string[];
}

/** A picture with what is asked about it. */
export interface QuestionImage extends SetImage {
  questions: SetQuestion[];
}

/** A picture with what people said of it. */
export interface CaptionImage extends SetImage {
  /** None where the set keeps them to itself. */
  captions: string[];
  /** Of NoCaps: `in-domain`, `near-domain`, `out-domain`. */
  domain?: string;
}

/** What all sets have. */
export interface EvaluationSet<Task extends string, Image extends SetImage> {
  task: Task;
  /** `vqav2` */
  name: string;
  split: string;
  /** Hash of all that was read: a half-done evaluation goes on only where it is the same. */
  identity: string;
  images: Image[];
  problems: SetProblem[];
}

/** VQAv2, OK-VQA, GQA. */
export type QuestionSet = EvaluationSet<'vqa', QuestionImage> & {
  /** `vqa`: ten people's answers, agreement counts; `gqa`: one right answer. */
  scoring: 'vqa' | 'gqa';
};

/** NoCaps, COCO, Flickr30K. */
export type CaptionSet = EvaluationSet<'caption', CaptionImage>;

/** A set of what was found, without the pictures that are missing. */
export function makeSet<Task extends string, Image extends SetImage>(
  described: { task: Task; name: string; split: string },
  found: readonly (Omit<Image, 'path'> & { path: string | undefined; file: string })[],
  problems: Problems,
): EvaluationSet<Task, Image> {
  const hash: string[] = [];
  const images = found.flatMap(({ path, file, ...image }) => {
    if (path === undefined) {
      problems.add('image missing', file);
      return [];
    }
    hash.push(JSON.stringify(image));
    return [{ ...image, path } as unknown as Image];
  });
  const identity = sha256(Buffer.from(hash.join('\n')));
  return { ...described, identity, images, problems: problems.list() };
}
