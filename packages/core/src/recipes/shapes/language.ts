/**
 * The language models behind Shapes: a tiny OPT in two sizes and a tiny T5, trained on text alone (documents about
 * imaginary scenes), then frozen and shipped in datasets/shapes/opt, opt-small and t5.
 */
import { join } from 'node:path';
import { drawDocument, SHAPES, shapesDirectory, type DocumentOptions } from '@blip2/datasets';
import type { Recipe, Run, TrainOptions } from '../../train';
import {
  languageTower,
  makeLanguageTower,
  type LanguageKind,
  type LanguageTexts,
  type TrainedLanguage,
} from '../towers';

/** Share of the steps with one object in each scene. */
const EASY_STEPS = 0.1;
const EASY: readonly number[] = [1];
const ALL: readonly number[] = [1, 2, 2, 3, 3];

export type ShapesLanguageKind = LanguageKind;
export type ShapesLanguage = TrainedLanguage;

/** How large a language model of Shapes is, and how long it is trained. */
export interface ShapesLanguageOptions {
  /** What more is known of objects, and asked (see `DocumentOptions`). */
  facts?: DocumentOptions['facts'];
}

/** The recipe of one of them; every hyper-parameter can be overridden when it is trained. */
export function shapesLanguage(
  name: ShapesLanguageKind,
  options: ShapesLanguageOptions = {},
): Recipe<ShapesLanguage> {
  return languageTower(name, shapesDocuments(options));
}

/** Trains one of them and writes it as a Hugging Face folder, tokenizer included, which `loadLanguageModel` opens. */
export function makeShapesLanguage(
  dir: string,
  name: ShapesLanguageKind,
  { facts, ...options }: TrainOptions<ShapesLanguage> & ShapesLanguageOptions = {},
): Promise<Run<ShapesLanguage>> {
  return makeLanguageTower(dir, name, shapesDocuments({ facts }), options);
}

const shapesDocuments = ({ facts }: ShapesLanguageOptions): LanguageTexts => ({
  name: 'shapes',
  config: { easy: EASY_STEPS },
  custom: facts !== undefined,
  tokenizerDir: (modelType) => join(shapesDirectory, `tokenizer-${modelType}`),
  documents: {
    draw: (number, { progress, ...options }) =>
      drawDocument(number, { ...options, facts, objects: progress < EASY_STEPS ? EASY : ALL }),
    /** A phrase ends with the name of a shape. */
    phraseEnds(tokenizer) {
      const last = (text: string) => tokenizer.encode(text, { addSpecialTokens: false }).at(-1)!;
      const ends = SHAPES.map((shape) => last(`a ${shape}`));
      return (token) => ends.includes(token);
    },
  },
});
