/** Outdated knowledge, the third kind of failure of figure 6: pictures of a world that no text told of. */
import type { ShapesOptions } from '@blip2/datasets';
import type { ImageTextSplit, VisualQuestion } from '../data';
import { evaluateVqa } from '../evaluate';
import type { Stage2Model } from '../recipes';
import { GREEDY, ofDifferentPictures, turnOf } from './asking';
import type { Language } from './languages';
import type { Example, Measurement, Scale, StudyContext } from './study';
import { variantOf } from './variants';

const PICTURES: Record<Scale, number> = { full: 200, short: 60, smoke: 4 };
/** Of each language model. */
const EXAMPLES = 3;

/** A world of which no language model here was ever told: objects of middling size. */
const NEWER: ShapesOptions = { sizes: 1, train: 0, validation: 0, captions: { sizeProbability: 0 } };
const OUTDATED = 'outdated knowledge: no text told it of middling size';

export const SIZES = 'answers about size right';
/** The arm of pictures of the world that its texts are of. */
export const olderArm = (language: Language): string => `${language}, objects as in its texts`;
export const newerArm = (language: Language): string => `${language}, objects newer than its texts`;

/** What it says of sizes that its texts had not. */
export async function newerWorld(
  context: StudyContext,
  language: Language,
  model: Stage2Model,
): Promise<Measurement[]> {
  const world = { ...NEWER, test: PICTURES[context.scale] };
  const newer = variantOf(context.data, world);
  const sizesOf = (index: number): VisualQuestion[] =>
    newer.world.splits.test[index].scene.objects.map(({ shape, size }) => ({
      kind: 'size',
      question: `what size is the ${shape}?`,
      answer: size,
    }));
  const asked: Pick<ImageTextSplit, 'questions'> = { questions: sizesOf };
  const split = Object.setPrototypeOf(asked, newer.test) as ImageTextSplit;
  const { accuracy, answers } = await evaluateVqa(model, split, { generation: GREEDY });
  const wrong = answers.filter(({ right }) => !right);
  context.keep(
    ofDifferentPictures(wrong, EXAMPLES).map((answer): Example => ({
      kind: OUTDATED,
      by: language,
      picture: answer.picture,
      world,
      said: [turnOf(answer)],
    })),
  );
  return [{ arm: newerArm(language), metric: SIZES, value: accuracy }];
}
