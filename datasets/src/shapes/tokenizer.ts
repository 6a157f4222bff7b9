/** The tokenizer of the Shapes world: trained on what every setting of the world can say. */
import { bertTokenizer, type TokenizerFiles } from '../bertTokenizer';
import { trainWordPiece } from '../wordpiece';
import { busyShapes, type ShapesOptions } from './options';
import { COLORS, SHAPES } from './scene';
import { GENERIC_CAPTIONS } from './webCaptions';
import { shapesWorld } from './world';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789.,:;!?\'"-()/';
const TALKATIVE: ShapesOptions = {
  ...busyShapes,
  captions: { objects: [1, 2, 3], order: 'random', sizeProbability: 0.5, relationProbability: 0.8 },
};

/** Captions, web captions, questions and answers of the default, the busy and a talkative world. */
export function shapesTexts(scenes: number): string[] {
  // No word of the world hangs on luck.
  const texts: string[] = [...COLORS, ...SHAPES, ...GENERIC_CAPTIONS, '0 1 2 3'];
  for (const options of [{}, busyShapes, TALKATIVE]) {
    for (const example of shapesWorld({ ...options, train: scenes }).splits.train) {
      texts.push(...example.captions, example.webCaption.text);
      for (const { question, answer } of example.questions) texts.push(question, answer);
    }
  }
  return texts;
}

/** Trains the tokenizer: every word of the world becomes one piece, every other word is split into known ones. */
export function trainShapesTokenizer(): TokenizerFiles {
  return bertTokenizer(trainWordPiece(shapesTexts(2_000), ALPHABET, 300));
}
