/**
 * Fine-tuning for captioning (BLIP-2 section 4.2, table 7): after the prompt "a photo of" the language model writes the
 * caption; it stays frozen, Q-Former and image encoder are trained.
 */
import { z } from 'zod';
import { BatchSource } from '../data';
import { cleanCaption } from '../text';
import { ownRows, type Recipe } from '../train';
import { parseOptions } from './errors';
import type { FinetunedModel } from './finetunedModel';
import { finetuning, finetuningShape, type FinetuningParts } from './finetuning';
import { promptedTexts, streamedPrompts } from './promptedTexts';
import { checkCaptions } from './places';
import { validationCaptions } from './validation';

const schema = z.strictObject({
  /** What captions begin with. */
  prompt: z.string().default('a photo of'),
  ...finetuningShape,
});

/** Of fine-tuning for captions: the data, the stage-2 run, the prompt, the numbers of the loop. */
export type CaptioningOptions = z.input<typeof schema> & FinetuningParts;

/**
 * The recipe of fine-tuning a stage-2 run for captioning.
 * @throws Blip2Error naming an option that is unknown or out of range, or if the data are questions
 */
export function captioning({ data, from, ...options }: CaptioningOptions): Recipe<FinetunedModel> {
  const { prompt, ...settings } = parseOptions(schema, options, 'captioning recipe');
  checkCaptions('caption', data, settings.imageSize);
  return finetuning({
    stage: 'caption',
    data,
    from,
    settings,
    prompts: { caption: prompt },
    batches(split, { parts: { language } }, { batchSize, seed }, share) {
      const captions = Array.from({ length: split.size }, (_, i) => split.captions(i));
      const pairs = captions.map((some) => some.map((text) => ({ answer: cleanCaption(text) })));
      const texts = promptedTexts(language, pairs, { prompt, maxLength: settings.maxTextLength });
      const count = (example: number) => captions[example].length;
      const source = new BatchSource({ size: split.size, batchSize, seed, captions: count });
      return (step) => {
        const { indices, captions: chosen } = ownRows(source.batch(step), share);
        return { indices, texts: texts(indices, chosen) };
      };
    },
    texts({ parts: { language } }) {
      const texts = streamedPrompts(language, { prompt, maxLength: settings.maxTextLength });
      return ({ captions }) => texts(captions.map((answer) => ({ answer })));
    },
    evaluate: validationCaptions,
  });
}
