/** How a normalised text is cut into words, before a model splits each of them: the pre-tokenizers of tokenizer.json. */
import type { MetaspaceDefinition, PreTokenizerDefinition } from './definition';
import { GPT2_WORDS, KNOWN_PATTERNS } from './patterns';
import { toByteCharacters } from './byteCharacters';
import { PUNCTUATION, SPACE } from './unicode';

export interface Word {
  text: string;
  /** Whether it is what the text begins with. */
  first: boolean;
}

export type PreTokenizer = (word: Word) => Word[];

const NO_SPACES = new RegExp(`[^${SPACE}]+`, 'gv');
const BERT_WORDS = new RegExp(`${PUNCTUATION}|[^${SPACE}${PUNCTUATION}]+`, 'gv');

export function createPreTokenizer(definition: PreTokenizerDefinition): PreTokenizer {
  switch (definition.type) {
    case 'BertPreTokenizer':
      return (word) => matches(word, BERT_WORDS);
    case 'WhitespaceSplit':
      return (word) => matches(word, NO_SPACES);
    case 'Split': {
      const pattern = KNOWN_PATTERNS.get(definition.pattern.Regex) as RegExp;
      return (word) => matches(word, pattern);
    }
    case 'ByteLevel': {
      const { add_prefix_space: prefix, use_regex = true } = definition;
      return ({ text, first }) => {
        const whole = { text: prefix && !text.startsWith(' ') ? ` ${text}` : text, first };
        const words = use_regex ? matches(whole, GPT2_WORDS) : [whole];
        return words.map((word) => ({ ...word, text: toByteCharacters(word.text) }));
      };
    }
    case 'Metaspace':
      return metaspace(definition);
    case 'Sequence': {
      const steps = definition.pretokenizers.map(createPreTokenizer);
      return (word) => steps.reduce((words, step) => words.flatMap(step), [word]);
    }
  }
}

function matches({ text, first }: Word, pattern: RegExp): Word[] {
  const words: Word[] = [];
  // `matchAll` would copy the pattern for each word.
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    words.push({ text: match[0], first: first && match.index === 0 });
  }
  return words;
}

/** When words get a mark in front that stands for a space. */
export function prependScheme({ prepend_scheme, add_prefix_space }: MetaspaceDefinition) {
  return add_prefix_space === false ? 'never' : (prepend_scheme ?? 'always');
}

/** Spaces become marks, and each mark begins a word. */
function metaspace(definition: MetaspaceDefinition): PreTokenizer {
  const { replacement: mark, split } = definition;
  const scheme = prependScheme(definition);
  const escaped = `\\u{${(mark.codePointAt(0) as number).toString(16)}}`;
  const words = new RegExp(`${escaped}?[^${escaped}]+|${escaped}`, 'gu');
  return ({ text, first }) => {
    const marked = text.replaceAll(' ', mark);
    const prepend = !marked.startsWith(mark) && (scheme === 'always' || (scheme === 'first' && first));
    const whole = { text: prepend ? mark + marked : marked, first };
    return split === false ? [whole] : matches(whole, words);
  };
}
