/** The tokenizers of data of one's own, one of each kind that BLIP-2 meets, made of what its training split says. */
import { join } from 'node:path';
import {
  bertTokenizer,
  optTokenizer,
  splitWords,
  t5Tokenizer,
  trainBytePairs,
  trainUnigram,
  type TokenizerFiles,
} from '@blip2/datasets';
import { cleanCaption } from '../../text';
import { makeFolder, writeFileAtomic } from '../../checkpoints';
import type { ImageTextSplit } from '../../data';
import { QUESTION_ANSWER, QUESTION_SHORT_ANSWER } from '../../generate';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789.,:;!?\'"-()/';
const CAPITALS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const SENTINELS = 10;

/** Most pieces of a vocabulary; small data has fewer. */
const WORDS = 3000;
const MERGES = 2500;
const UNIGRAMS = 2000;
/** Rarer words are spelled, where there are more than a few. */
const RARE = 3;
const FEW = 500;

/** The folders that hold them, beside the towers. */
export const TOKENIZERS = { clip: 'tokenizer', opt: 'tokenizer-opt', t5: 'tokenizer-t5' } as const;

/** Writes all three. The same data gives the same files. */
export function makeTokenizers(dir: string, train: ImageTextSplit): void {
  const { captions, questions, answers } = textsOf(train);
  const prompts = [
    'a photo of',
    ...captions.flatMap((text) => [`${text}\n`, ` ${text}`]),
    ...questions.flatMap((text) =>
      [QUESTION_ANSWER, QUESTION_SHORT_ANSWER].map((form) => form.replace('{}', () => text)),
    ),
    ...answers.flatMap((text) => [text, ` ${text}\n`]),
  ];
  const unigrams = trainUnigram(prompts, ALPHABET + CAPITALS, sizeFor(prompts));
  const files: Record<string, TokenizerFiles> = {
    [TOKENIZERS.clip]: bertTokenizer(wordPieces([...captions, ...questions, ...answers])),
    [TOKENIZERS.opt]: optTokenizer(trainBytePairs(prompts, MERGES)),
    [TOKENIZERS.t5]: t5Tokenizer(unigrams, SENTINELS),
  };
  for (const [name, { tokenizer, config }] of Object.entries(files)) {
    makeFolder(join(dir, name));
    writeFileAtomic(join(dir, name, 'tokenizer.json'), [`${JSON.stringify(tokenizer, null, 2)}\n`]);
    writeFileAtomic(join(dir, name, 'tokenizer_config.json'), [`${JSON.stringify(config, null, 2)}\n`]);
  }
}

/** All that is said of the pictures, each text once. */
function textsOf(split: ImageTextSplit): Record<'captions' | 'questions' | 'answers', string[]> {
  const [captions, questions, answers] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (let i = 0; i < split.size; i++) {
    for (const caption of [...split.captions(i), ...(split.webCaptions?.(i) ?? [])])
      captions.add(cleanCaption(caption));
    for (const { question, answer } of split.questions?.(i) ?? []) {
      questions.add(question);
      answers.add(answer);
    }
  }
  return { captions: [...captions], questions: [...questions], answers: [...answers] };
}

/**
 * Characters, each alone and as a continuation, then the words that are not rare. (`trainWordPiece` merges the rarest
 * pairs first: of thousands of different words it would leave the frequent ones in pieces.)
 */
function wordPieces(texts: readonly string[]): string[] {
  const words = texts.flatMap(splitWords);
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const characters = new Set([...ALPHABET, ...words.flatMap((word) => [...word])]);
  const continued = [...characters]
    .filter((character) => /[a-z0-9]/.test(character))
    .map((one) => `##${one}`);
  const byCount = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  const whole = byCount.filter(([word, count], rank) => word.length > 1 && (count >= RARE || rank < FEW));
  return [...characters, ...continued, ...whole.slice(0, WORDS).map(([word]) => word)];
}

/** Room for every character at least. */
function sizeFor(texts: readonly string[]): number {
  const characters = new Set([...ALPHABET, ...CAPITALS, ...texts.flatMap((text) => [...text])]);
  const words = new Set(texts.flatMap((text) => text.split(/\s+/)));
  return Math.min(UNIGRAMS, characters.size + 1 + words.size);
}
