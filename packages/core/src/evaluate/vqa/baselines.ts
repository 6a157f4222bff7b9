/** What can be answered without looking: what a VQA accuracy must be held against. */
import { LanguageModel } from '../../generate';
import { ANSWER, filledBatches, questionPrompt, withDefaults } from '../../inference';
import type { FrozenLanguageModel, ImageTextSplit } from '../../data';
import {
  judgeAnswers,
  questionsAbout,
  type QuestionSelection,
  type VqaEvaluation,
  type VqaModel,
} from './evaluateVqa';

const BATCH = 64;

/**
 * The language model alone: the same prompt and the same search, but no soft prompts before it. Each distinct question
 * is asked once, since nothing else is known.
 */
export function blindModel({ tower, weights, tokenizer }: FrozenLanguageModel): VqaModel {
  return {
    async answer(_split, _indices, questions, options) {
      const language = new LanguageModel(tower, weights, tokenizer);
      const distinct = [...new Set(questions)];
      const said = new Map<string, string>();
      try {
        for (const { rows, real } of filledBatches(distinct.length, BATCH)) {
          const prompts = rows.map((row) => questionPrompt({ language: tower }, distinct[row]));
          const texts = await language.generate(prompts, withDefaults(ANSWER, options ?? {}));
          rows.slice(0, real).forEach((row, i) => said.set(distinct[row], texts[i][0].text));
        }
      } finally {
        language.dispose();
      }
      return questions.map((question) => said.get(question)!);
    },
  };
}

/** The same model asked about other pictures than those that the questions belong to: each about the next one. */
export function lookingElsewhere(model: VqaModel): VqaModel {
  return {
    answer: (split, indices, questions, options) =>
      model.answer(
        split,
        indices.map((index) => (index + 1) % split.size),
        questions,
        options,
      ),
  };
}

/** Always the answer that is most frequent among a kind's questions in `train`. */
export function majorityAnswers(
  train: ImageTextSplit,
  split: ImageTextSplit,
  selection: QuestionSelection = {},
): VqaEvaluation {
  const counts = new Map<string, Map<string, number>>();
  for (const { kind, answer } of questionsAbout(train, { kinds: selection.kinds })) {
    const ofKind = counts.get(kind) ?? new Map<string, number>();
    counts.set(kind, ofKind.set(answer, (ofKind.get(answer) ?? 0) + 1));
  }
  const mostFrequent = (kind: string) =>
    [...(counts.get(kind) ?? [])].sort(([, a], [, b]) => b - a)[0]?.[0] ?? '';
  const asked = questionsAbout(split, selection);
  return judgeAnswers(
    asked,
    asked.map(({ kind }) => mostFrequent(kind)),
  );
}
