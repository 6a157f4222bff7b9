/**
 * Fine-tuning for visual question answering (BLIP-2 section 4.3, figure 7, table 8): open-ended, the language model
 * writes the answer after "Question: … Answer:". With the stage-1 run whose Q-Former could read texts, the question
 * stands beside the queries too, so that they read of the image what is asked for.
 *
 * B batch, N question tokens.
 */
import { z } from 'zod';
import { Blip2Error } from '../runtime';
import { cleanQuestion } from '../text';
import { QUESTION_ANSWER } from '../generate';
import { questionPrompt } from '../inference';
import type { HostTensor } from '../checkpoints';
import { BatchSource, type ImageTextSplit, type VisualQuestion } from '../data';
import { ownRows, type Recipe } from '../train';
import { encodeTexts, selectRows } from './captions';
import { parseOptions } from './errors';
import type { FinetunedModel } from './finetunedModel';
import { finetuning, finetuningShape, type FinetuningParts } from './finetuning';
import { checkImageSize, isStreamed, type TrainingData } from './places';
import { promptedTexts, streamedPrompts } from './promptedTexts';
import type { Start, TextHalf } from './startParts';
import { validationVqa } from './validation';

const schema = z.strictObject({
  /** The template of questions; `{}` is where the question goes. */
  prompt: z.string().includes('{}').default(QUESTION_ANSWER),
  ...finetuningShape,
});

/** Of fine-tuning for questions: the data, the runs of both stages, the prompt, the numbers of the loop. */
export type VqaTuningOptions = z.input<typeof schema> &
  FinetuningParts & {
    /**
     * The stage-1 run that stage 2 went on with, or a model folder (`openTextHalf`): its text half, which stage 2 left behind, reads the questions. Without
     * it the queries read the image alone, and the question reaches the language model only.
     */
    stage1?: Start<TextHalf>;
  };

/**
 * The recipe of fine-tuning a stage-2 run for questions.
 * @throws Blip2Error naming an option that is unknown or out of range, if the data has no questions, or if the stage-1
 * run has another Q-Former
 */
export function vqa({ data, from, stage1, ...options }: VqaTuningOptions): Recipe<FinetunedModel> {
  const { prompt, ...settings } = parseOptions(schema, options, 'vqa recipe');
  const prompts = { question: prompt };
  const { maxTextLength: maxLength } = settings;
  checkImageSize('vqa', data, settings.imageSize);
  checkQuestions(data);
  return finetuning({
    stage: 'vqa',
    data,
    from,
    stage1,
    settings,
    prompts,
    usable: (split) => picturesAsked(questionsOf(split)).length,
    batches(split, { parts: { model, language } }, { batchSize, seed }, share) {
      const questions = questionsOf(split);
      const asked = picturesAsked(questions);
      const ask = (question: string) => questionPrompt(model, question);
      const texts = promptedTexts(language, questions, { prompt: ask, maxLength });
      const beside = stage1 && questionTable(questions, stage1.model, maxLength);
      const count = (place: number) => questions[asked[place]].length;
      const source = new BatchSource({ size: asked.length, batchSize, seed, captions: count });
      return (step) => {
        const { indices: places, captions: chosen } = ownRows(source.batch(step), share);
        const indices = places.map((place) => asked[place]);
        return { indices, texts: { ...texts(indices, chosen), ...beside?.(indices, chosen) } };
      };
    },
    texts({ parts: { model, language } }) {
      const ask = (question: string) => questionPrompt(model, question);
      const texts = streamedPrompts(language, { prompt: ask, maxLength });
      const beside = stage1 && streamedQuestions(stage1.model, maxLength);
      return ({ questions = [], captions: answers }) => ({
        ...texts(questions.map((question, row) => ({ question, answer: answers[row] }))),
        ...beside?.(questions),
      });
    },
    evaluate: isStreamed(data) || data.validation.questions ? validationVqa : undefined,
  });
}

/** @throws Blip2Error if there are none */
function checkQuestions(data: TrainingData): void {
  const [name, hasQuestions] = isStreamed(data)
    ? [data.source.name, data.source.asks]
    : [data.name, data.train.questions !== undefined];
  if (hasQuestions) return;
  throw new Blip2Error(`${name}: there are no questions to be trained on`, {
    hint: 'Take data that has questions, such as shapes, or vqav2?dir=DIR, or a mix of such (docs/data.md).',
    exitCode: 2,
  });
}

type Questions = readonly (readonly VisualQuestion[])[];

/** Of each picture. */
const questionsOf = (split: ImageTextSplit): Questions =>
  Array.from({ length: split.size }, (_, i) => split.questions?.(i) ?? []);

/** Numbers of the pictures that something is asked about: the others are left out. */
const picturesAsked = (questions: Questions): Int32Array =>
  Int32Array.from(questions.keys()).filter((example) => questions[example].length > 0);

/** Longest question that a Q-Former reads, in tokens: as long as that of the language model, or as it has positions. */
const longestQuestion = ({ config }: TextHalf, maxLength: number): number =>
  Math.min(maxLength, config.qformer.maxPositionEmbeddings);

/** Questions in the Q-Former's own tokens, int32 [B, N] each. */
function questionTable(questions: Questions, half: TextHalf, maxLength: number) {
  const texts = [...new Set(questions.flat().map(({ question }) => cleanQuestion(question)))];
  const row = new Map(texts.map((text, i) => [text, i]));
  const { ids, mask, shape } = encodeTexts(texts, half.tokenizer, longestQuestion(half, maxLength));
  return (examples: Int32Array, chosen: Int32Array): Record<'questionIds' | 'questionMask', HostTensor> => {
    const rows = Array.from(examples, (example, i) =>
      row.get(cleanQuestion(questions[example][chosen[i]].question))!,
    );
    return {
      questionIds: selectRows(ids, shape[1], rows),
      questionMask: selectRows(mask, shape[1], rows),
    };
  };
}

/** The same of questions that are not known beforehand, all padded to one length. */
function streamedQuestions(half: TextHalf, most: number) {
  const maxLength = longestQuestion(half, most);
  return (questions: readonly string[]): Record<'questionIds' | 'questionMask', HostTensor> => {
    const texts = questions.map((question) => cleanQuestion(question));
    const { ids, mask, shape } = half.tokenizer.encodeBatch(texts, { maxLength });
    return { questionIds: { shape, data: ids }, questionMask: { shape, data: mask } };
  };
}
