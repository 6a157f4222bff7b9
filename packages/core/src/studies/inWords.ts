/** A language model that is told of a picture in words: what it could answer if it had read the picture well. */
import { nameOf } from '@blip2/datasets';
import type { FrozenLanguageModel, ShapesDataset } from '../data';
import type { VqaModel } from '../evaluate';
import { LanguageModel } from '../generate';
import { questionTemplate } from './asking';

const BATCH = 64;

/** Asked about test pictures, whose objects it is given as a list of names: "small red circle, large blue square". */
export function toldInWords(
  { tower, weights, tokenizer }: FrozenLanguageModel,
  { world }: ShapesDataset,
): VqaModel {
  const template = questionTemplate(tower);
  return {
    async answer(_split, indices, questions, options) {
      const prompts = questions.map((question, i) => {
        const { objects } = world.splits.test[indices[i]].scene;
        const names = objects.map((object) => nameOf(object).replace(/^an? /, ''));
        return `${names.join(', ')} ${template.replace('{}', () => question)}`;
      });
      const language = new LanguageModel(tower, weights, tokenizer);
      const texts: string[] = [];
      try {
        for (let start = 0; start < prompts.length; start += BATCH) {
          const some = await language.generate(prompts.slice(start, start + BATCH), options);
          texts.push(...some.map(([{ text }]) => text));
        }
      } finally {
        language.dispose();
      }
      return texts;
    },
  };
}
