/** VQAv2 to be trained on: a question at a time, with what ten people answered. */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Blip2Error } from '../../runtime';
import { findFile } from '../evaluationSets/places';
import {
  cocoRoots,
  FILE_PLACES,
  VQAV2,
  vqaAnnotation,
  vqaLayout,
  vqaQuestion,
} from '../evaluationSets/questions';
import type { FaultList } from './faults';
import type { ListedPicture, PictureList } from './listIndex';
import { textsIn } from './place';
import { jsonEntries } from './jsonEntries';

/** @throws Blip2Error naming the lay-out expected if the folder is another, or if the split's answers are not published */
export function vqav2({ dir, split = 'train' }: { dir: string; split?: string }): PictureList {
  const known = Object.keys(VQAV2).filter((name) => VQAV2[name].annotations !== undefined);
  if (!known.includes(split)) {
    throw new Blip2Error(`vqav2 has no split ${split} with answers`, {
      hint: `There are ${known.join(' and ')}.`,
      exitCode: 2,
    });
  }
  const { questions, annotations, images } = VQAV2[split];
  const layout = vqaLayout('vqav2', split);
  const [asked, answered] = [questions, annotations!].map((name) =>
    findFile(dir, [name], FILE_PLACES, layout),
  );
  const root = cocoRoots(dir).find((folder) => existsSync(join(folder, images)));
  if (root === undefined) {
    throw new Blip2Error(`${dir} has no folder ${images}`, {
      hint: `It should look like this:\n${layout}`,
      exitCode: 2,
    });
  }
  const folder = join(relative(dir, root), images);
  const fileOf = (image: number) => join(folder, `COCO_${images}_${String(image).padStart(12, '0')}.jpg`);
  return {
    name: 'vqav2',
    variant: split,
    dir,
    inputs: [asked, answered],
    asks: true,
    pictures: (faults) => joined({ asked, answered }, fileOf, faults),
  };
}

/** Questions are held in memory (a hundred bytes each), answers are not. */
function* joined(
  { asked, answered }: { asked: string; answered: string },
  fileOf: (image: number) => string,
  faults: FaultList,
): Generator<ListedPicture> {
  const open = new Map<number | string, { image: number; question: string }>();
  for (const { number, value } of jsonEntries(asked, faults, 'questions')) {
    const { data, error } = vqaQuestion.safeParse(value);
    if (data) open.set(data.question_id, { image: data.image_id, question: data.question });
    else faults.add('no question', `${asked} entry ${number}: ${error.issues[0].path.join('.')}`);
  }
  for (const { number, value } of jsonEntries(answered, faults, 'annotations')) {
    const { data, error } = vqaAnnotation.safeParse(value);
    if (!data) {
      faults.add('no annotation', `${answered} entry ${number}: ${error.issues[0].path.join('.')}`);
      continue;
    }
    const id = data.question_id;
    const where = `${answered} entry ${number}, question_id ${id}`;
    const known = open.get(id);
    open.delete(id);
    // An answer that several people gave is there as often, and so as often drawn.
    const captions = textsIn(data.answers.map(({ answer }) => answer));
    if (!known) faults.add('an annotation of no question', where);
    else if (captions.length === 0) faults.add('no answer', where);
    else yield { image: fileOf(known.image), id: `${id}`, question: known.question, captions };
  }
  for (const id of open.keys()) faults.add('question without annotation', `${asked}: question_id ${id}`);
}
