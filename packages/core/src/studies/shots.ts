/** Examples in the prompt: questions about training pictures with their answers, before the one that is asked. */
import { join } from 'node:path';
import { Random } from '@blip2/datasets';
import type { VisualQuestion } from '../data';
import { isRightAnswer, questionsAbout } from '../evaluate';
import { Conversation } from '../generate';
import { vqaMetric, type Stage2Model } from '../recipes';
import { GREEDY, questionTemplate } from './asking';
import { InContext, type Piece } from './inContext';
import type { Language } from './languages';
import { percent } from './statistics';
import type { Measurement, Scale, StudyContext } from './study';

/** Pictures that are asked about with examples before them. */
const PICTURES: Record<Scale, number> = { full: 200, short: 60, smoke: 4 };
const SHOTS = [0, 1, 2, 4] as const;
export const MOST_SHOTS = SHOTS[SHOTS.length - 1];

export const shotsArm = (language: Language, shots: number): string => `${language}, ${shots} examples`;
const wordsArm = (language: Language, shots: number) => `${language}, ${shots} examples without pictures`;

/** Accuracy after so many examples, with their pictures and without. */
export async function withShots(
  context: StudyContext,
  language: Language,
  model: Stage2Model,
): Promise<Measurement[]> {
  const { data, scale, seed, runsDir } = context;
  const asked = questionsAbout(data.test, { limit: PICTURES[scale] });
  const asking = new InContext(model, join(runsDir, 'cache'));
  const measurements: Measurement[] = [];
  try {
    for (const shots of SHOTS) {
      const examples = asked.map((_, i) => drawExamples(context, shots, ['shots', seed, i]));
      for (const withPictures of shots > 0 ? [true, false] : [true]) {
        const arm = (withPictures ? shotsArm : wordsArm)(language, shots);
        const prompts = asked.map(({ picture, question }, i) =>
          promptOf(model, data, examples[i], { picture, question, withPictures }),
        );
        const texts = await asking.generate(prompts, { ...GREEDY, maxNewTokens: 10 });
        const right = texts.map((text, i) => isRightAnswer(text, asked[i].answer));
        measurements.push({ arm, metric: vqaMetric(), value: percent(right) });
      }
    }
  } finally {
    asking.dispose();
  }
  return measurements;
}

type Shot = VisualQuestion & { picture: number };

/** Questions about training pictures, with their answers. */
function drawExamples({ data }: StudyContext, shots: number, path: (string | number)[]): Shot[] {
  const random = new Random(...path);
  return Array.from({ length: shots }, () => {
    const picture = random.below(data.train.size);
    return { picture, ...random.pick(data.train.questions!(picture)) };
  });
}

function promptOf(
  model: Stage2Model,
  { train, test }: StudyContext['data'],
  examples: readonly Shot[],
  { picture, question, withPictures }: { picture: number; question: string; withPictures: boolean },
): Piece[] {
  const template = questionTemplate(model.parts.language.tower);
  const asked = { split: test, index: picture };
  if (!withPictures) {
    const conversation = new Conversation(
      () => Promise.reject(new Error('All are asked at once.')),
      template,
    );
    for (const example of examples) conversation.add(example);
    return [asked, conversation.prompt(question)];
  }
  const put = (text: string) => template.replace('{}', () => text);
  const before = examples.flatMap((example): Piece[] => [
    { split: train, index: example.picture },
    `${put(example.question)} ${example.answer}.`,
  ]);
  return [...before, asked, put(question)];
}
