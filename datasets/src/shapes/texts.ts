/** All that the Shapes world says, for training tokenizers. */
import type { ShapesOptions } from './options';
import { COLORS, SHAPES } from './names';
import { GENERIC_CAPTIONS } from './webCaptions';
import { type Example, shapesWorld } from './world';

/** From a small world that says nothing of sizes to one that says all there is. */
const WORLDS: readonly ShapesOptions[] = [
  { cells: 3, objects: 2, colors: 6, shapes: 4, sizes: 1, captions: { sizeProbability: 0 } },
  { captions: { objects: 1, order: 'random' } },
  { captions: { objects: [1, 2, 3], order: 'random', relationProbability: 0.8 } },
];

const examplesOf = (scenes: number): Example[] =>
  WORLDS.flatMap((options) => shapesWorld({ ...options, train: scenes }).splits.train);

// No word of the world hangs on luck.
const WORDS: readonly string[] = [...COLORS, ...SHAPES, ...GENERIC_CAPTIONS, '0 1 2 3'];

/** Captions, web captions, questions and answers. */
export function shapesTexts(scenes: number): string[] {
  const texts: string[] = [...WORDS];
  for (const example of examplesOf(scenes)) {
    texts.push(...example.captions, example.webCaption.text);
    for (const { question, answer } of example.questions) texts.push(question, answer);
  }
  return texts;
}

/** The same as language models get them: captions end with a line break, questions stand in BLIP-2's prompts. */
export function shapesPrompts(scenes: number): string[] {
  const texts: string[] = [...WORDS, 'a picture of'];
  for (const example of examplesOf(scenes)) {
    for (const caption of [...example.captions, example.webCaption.text]) {
      texts.push(`${caption}\n`, `a photo of ${caption}\n`);
    }
    for (const { question, answer } of example.questions) {
      texts.push(`Question: ${question} Answer: ${answer}\n`, `Question: ${question} Short answer:`, answer);
    }
  }
  return texts;
}
