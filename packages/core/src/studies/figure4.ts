/**
 * Figure 4 of the paper: instructed generation. A BLIP-2 that was trained on captions alone is told what to do by
 * prompts: describe, finish a sentence, answer; and asked again and again, each question after all that was said before.
 */
import { CONVERSATION, conversations } from './conversations';
import { instructed, rightOf } from './instructed';
import { elsewhereArm, forEachLanguage, LANGUAGE_NAMES } from './languages';
import { INSTRUCTION_KINDS } from './prompts';
import { stage2Inputs, stage2Run } from './stage2Runs';
import type { Study } from './study';

export const figure4: Study = {
  name: 'figure4',
  title: 'Told what to do by prompts',
  source: 'figure 4, section 4.1',
  announcement:
    'After two stages on captions alone, prompts ask the language model to describe, to finish sentences, to answer, and ' +
    'to go on with a conversation, also in words that no caption has (yes and no, numbers, above and below). The paper ' +
    'shows chosen examples; here it is counted how often what is said holds of the picture, and how often of another.',
  seconds: { full: 600, short: 300, smoke: 60 },
  inputs: stage2Inputs(),
  measure: (context) =>
    forEachLanguage(context, LANGUAGE_NAMES, async (language, frozen) => {
      const { model } = await stage2Run(context, frozen, { withStage1: true });
      const measurements = [];
      for (const kind of INSTRUCTION_KINDS) {
        measurements.push(...(await instructed(context, language, model, kind)));
      }
      measurements.push(...(await conversations(context, language, model)));
      model.dispose();
      return measurements;
    }),
  claims: LANGUAGE_NAMES.flatMap((language) => [
    ...INSTRUCTION_KINDS.map((kind) => ({
      text: `${language} follows the prompt “${kind}”: what it says holds of the picture, more often than of another.`,
      metric: rightOf(kind),
      better: language,
      worse: elsewhereArm(language),
    })),
    {
      text: `${language} goes on with a conversation: its answers are right, more often than about another picture.`,
      metric: CONVERSATION,
      better: language,
      worse: elsewhereArm(language),
    },
  ]),
  paper: [],
};
