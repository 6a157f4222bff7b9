/** The frozen language models of the studies, as tables call them. */
import { loadLanguageModel, type FrozenLanguageModel } from '../data';
import type { Measurement, StudyContext } from './study';

/** Shapes' folders of them. */
const FOLDERS = { 'small OPT': 'opt-small', OPT: 'opt', FlanT5: 't5' } as const;

/** One of each kind: a decoder and an encoder-decoder. */
export const LANGUAGE_NAMES = ['OPT', 'FlanT5'] as const;
export type Language = (typeof LANGUAGE_NAMES)[number];

/** With the smaller OPT before them. */
export const ALL_LANGUAGE_NAMES = ['small OPT', ...LANGUAGE_NAMES] as const;
export type AnyLanguage = (typeof ALL_LANGUAGE_NAMES)[number];

/** The arm of what it says of a picture, held against another picture. */
export const elsewhereArm = (language: Language): string => `${language}, another picture`;

/** The arm of what it answers without a picture. */
export const blindArm = (language: AnyLanguage): string => `${language}, question alone`;

/** Measures with one language model after the other, each loaded for as long as it is needed. */
export async function forEachLanguage<L extends AnyLanguage>(
  { data }: StudyContext,
  languages: readonly L[],
  measure: (language: L, frozen: FrozenLanguageModel) => Promise<Measurement[]>,
): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  for (const language of languages) {
    const frozen = loadLanguageModel(data.languageDirs![FOLDERS[language]]);
    try {
      measurements.push(...(await measure(language, frozen)));
    } finally {
      frozen.dispose();
    }
  }
  return measurements;
}
