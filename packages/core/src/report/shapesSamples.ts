/** Test pictures of Shapes, described and asked by finished models, and where the queries of the first of them look. */
import { patchesOn, type AttentionBundle } from '../attention';
import type { ImageSource } from '../image';
import type { ImageTextSplit, ShapesDataset, VisualQuestion } from '../data';
import { isRightAnswer } from '../evaluate';
import type { Sample } from './samples';

export interface SampleModel {
  /** As the report calls it. */
  name: string;
  /** A `Blip2`. */
  model: {
    caption(image: ImageSource): Promise<{ text: string }>;
    answer(image: ImageSource, question: string): Promise<{ text: string }>;
    attend(image: ImageSource): Promise<AttentionBundle>;
  };
}

/** Numbers of test pictures. */
export const SAMPLE_PICTURES = [0, 1, 2, 3];
/** About each picture, of different kinds. */
const QUESTIONS = 3;

/** What models say about test pictures, held against what is there. @param pictures numbers of test pictures */
export async function shapesSamples(
  data: ShapesDataset,
  models: readonly SampleModel[],
  pictures: readonly number[] = SAMPLE_PICTURES,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  // One after the other: a model uses all processors as it is.
  for (const picture of pictures) samples.push(await sampleOf(data, models, picture));
  return samples;
}

async function sampleOf(
  { test, world }: ShapesDataset,
  models: readonly SampleModel[],
  picture: number,
): Promise<Sample> {
  const image = pictureOf(test, picture);
  const captions: Sample['captions'][number][] = [{ by: 'Shapes itself', text: test.captions(picture)[0] }];
  const answers: Sample['answers'][number][] = [];
  for (const { name, model } of models) {
    const { text } = await model.caption(image);
    captions.push({ by: name, text, right: test.describes?.(picture, text) });
  }
  for (const { question, answer: truth } of ofDifferentKinds(test.questions?.(picture) ?? [])) {
    for (const { name, model } of models) {
      const { text } = await model.answer(image, question);
      answers.push({ question, answer: text, by: name, right: isRightAnswer(text, truth) });
    }
  }
  const attention = await models.at(0)?.model.attend(image);
  const mask = { ...image, data: world.mask(world.splits.test[picture]) };
  const objects = attention && patchesOn(mask, attention.grid);
  return { image, captions, answers, attention, objects };
}

/** A picture of a split, decoded. */
export function pictureOf(split: ImageTextSplit, index: number) {
  return { width: split.imageSize, height: split.imageSize, data: split.pixels(index) };
}

/** The first questions of different kinds. */
function ofDifferentKinds(questions: readonly VisualQuestion[]): VisualQuestion[] {
  const isFirst = ({ kind }: VisualQuestion, i: number) =>
    questions.findIndex((one) => one.kind === kind) === i;
  return questions.filter(isFirst).slice(0, QUESTIONS);
}
