/** What is done to a text before it is split: the normalizers of tokenizer.json. */
import type { NormalizerDefinition } from './definition';
import { KNOWN_PATTERNS } from './patterns';
import { Precompiled } from './precompiled';
import { CONTROL, lowerCase, MARK, normalizeUnicode, SPACE } from './unicode';

export type Normalizer = (text: string) => string;

const DROPPED = new RegExp(`[\\0\\ufffd[${CONTROL}--[\\t\\n\\r]]]`, 'gv');
const SPACES = new RegExp(SPACE, 'gv');
const MARKS = new RegExp(MARK, 'gv');
// The blocks of BERT's own list, with the reference's misprint: 2B820 to 2B91F are left out.
const IDEOGRAPHS =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;
const SPACE_AT_START = new RegExp(`^${SPACE}+`, 'v');
const SPACE_AT_END = new RegExp(`(?<!${SPACE})${SPACE}+$`, 'v');

/** @throws Error if the definition's character map is damaged */
export function createNormalizer(definition: NormalizerDefinition): Normalizer {
  switch (definition.type) {
    case 'BertNormalizer':
      return bertNormalizer(definition);
    case 'Precompiled': {
      const map = new Precompiled(definition.precompiled_charsmap);
      return (text) => map.normalize(text);
    }
    case 'NFC':
      return (text) => normalizeUnicode(text, 'NFC');
    case 'Lowercase':
      return lowerCase;
    case 'Strip': {
      const { strip_left: left, strip_right: right } = definition;
      return (text) => {
        const rest = left ? text.replace(SPACE_AT_START, '') : text;
        return right ? rest.replace(SPACE_AT_END, '') : rest;
      };
    }
    case 'Replace': {
      const { pattern, content } = definition;
      const wanted = pattern.String ?? (KNOWN_PATTERNS.get(pattern.Regex as string) as RegExp);
      return (text) => text.replaceAll(wanted, () => content);
    }
    case 'Sequence': {
      const steps = definition.normalizers.map(createNormalizer);
      return (text) => steps.reduce((current, step) => step(current), text);
    }
  }
}

type BertNormalizer = Extract<NormalizerDefinition, { type: 'BertNormalizer' }>;

/** Control characters go, ideographs become words, accents go unless told otherwise where there is no upper case. */
function bertNormalizer(definition: BertNormalizer): Normalizer {
  const { clean_text, handle_chinese_chars, lowercase, strip_accents } = definition;
  return (text) => {
    let result = text;
    if (clean_text) result = result.replace(DROPPED, '').replace(SPACES, ' ');
    if (handle_chinese_chars) result = result.replace(IDEOGRAPHS, ' $& ');
    if (strip_accents ?? lowercase) result = normalizeUnicode(result, 'NFD').replace(MARKS, '');
    return lowercase ? lowerCase(result) : result;
  };
}
