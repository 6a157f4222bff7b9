/**
 * Section 5 and figure 6 of the paper (which section 5 calls figure 7): what BLIP-2 cannot do. Whether examples in the
 * prompt help; and answers that go wrong by what the language model holds for likely, by a wrong conclusion from what was
 * seen rightly, and where the world has things that its texts had not.
 */
import { vqaMetric } from '../recipes';
import { forEachLanguage, LANGUAGE_NAMES } from './languages';
import { newerArm, newerWorld, olderArm, SIZES } from './newerWorld';
import { MOST_SHOTS, shotsArm, withShots } from './shots';
import { stage2Inputs, stage2Run } from './stage2Runs';
import type { Study } from './study';
import { toldArm, wrongAnswers } from './wrongAnswers';

export const limitations: Study = {
  name: 'limitations',
  title: 'What it cannot do',
  source: 'section 5, figure 6',
  announcement:
    'In the paper examples in the prompt do not help: the model never saw more than one picture in a text. And it shows ' +
    'three ways to be wrong about a picture: inaccurate knowledge, a wrong reasoning path, no knowledge of what is new. ' +
    'Measured: answers after 0 to 4 examples, and how many wrong ones are of each kind.',
  seconds: { full: 500, short: 300, smoke: 60 },
  inputs: stage2Inputs(),
  measure: (context) =>
    forEachLanguage(context, LANGUAGE_NAMES, async (language, frozen) => {
      const { model } = await stage2Run(context, frozen, { withStage1: true });
      const measurements = [
        ...(await withShots(context, language, model)),
        ...(await wrongAnswers(context, language, model, frozen)),
        ...(await newerWorld(context, language, model)),
      ];
      model.dispose();
      return measurements;
    }),
  claims: LANGUAGE_NAMES.flatMap((language) => [
    {
      text: `${MOST_SHOTS} examples in the prompt do not help ${language}: it answers more questions with none.`,
      metric: vqaMetric(),
      better: shotsArm(language, 0),
      worse: shotsArm(language, MOST_SHOTS),
      paper: { says: 'no gain', where: 'section 5' },
    },
    {
      text: `From a picture ${language} answers fewer questions than from a list of what is there.`,
      metric: vqaMetric(),
      better: toldArm(language),
      worse: language,
    },
    {
      text: `${language} does not know what is newer than its texts: it tells sizes that they had, and no others.`,
      metric: SIZES,
      better: olderArm(language),
      worse: newerArm(language),
      paper: { says: 'an example', where: 'figure 6' },
    },
  ]),
  paper: [],
};
