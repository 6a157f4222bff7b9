/**
 * Documents for language models of data of one's own: what one caption says of a picture, then what the others say, and
 * the questions about it with their answers. No picture is read; only texts of the training split are.
 */
import { join } from 'node:path';
import { Random } from '@blip2/datasets';
import { cleanCaption, cleanQuestion, type Tokenizer } from '../../text';
import type { ImageTextSplit, OwnDataset } from '../../data';
import { dataRecord } from '../places';
import type { LanguageTexts } from './language';
import type { LanguageDocument, Turn } from './languageTexts';
import { TOKENIZERS } from './tokenizers';

/** How often a turn is a caption, where there are questions. */
const CAPTIONS = 0.4;
/** What may stand before a caption. */
const OPENINGS = ['', '', 'a photo of', 'a picture of'] as const;
/** Words that end a phrase of a caption. */
const ENDS = [',', 'and', 'with', 'of', 'in', 'on'] as const;

/** What the language models of the data are trained on. */
export function ownTexts({ name, options, train, towersDir }: OwnDataset): LanguageTexts {
  return {
    name,
    config: { captions: CAPTIONS, data: dataRecord({ name, options }) },
    tokenizerDir: (modelType) => join(towersDir, TOKENIZERS[modelType === 't5' ? 't5' : 'opt']),
    documents: {
      draw: (number, { seed, turns }) => drawDocument(train, new Random('own', seed, number), turns),
      phraseEnds(tokenizer) {
        const ends = ENDS.flatMap((word) => lastTokens(tokenizer, word));
        return (token) => ends.includes(token);
      },
    },
  };
}

/** A word's last token, after a word and on its own. */
const lastTokens = (tokenizer: Tokenizer, word: string): number[] =>
  [`a ${word}`, `a${word}`].map((text) => tokenizer.encode(text, { addSpecialTokens: false }).at(-1)!);

function drawDocument(split: ImageTextSplit, random: Random, count: number): LanguageDocument {
  const picture = random.below(split.size);
  const captions = split.captions(picture).map((text) => cleanCaption(text));
  const questions = split.questions?.(picture) ?? [];
  const turn = (): Turn => {
    if (questions.length === 0 || random.chance(CAPTIONS)) {
      return { kind: 'caption', prompt: random.pick(OPENINGS), answer: random.pick(captions) };
    }
    const { kind, question, answer } = random.pick(questions);
    return { kind, prompt: cleanQuestion(question), answer };
  };
  return { context: random.pick(captions), turns: Array.from({ length: count }, turn) };
}
