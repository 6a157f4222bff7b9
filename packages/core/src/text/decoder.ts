/** How tokens become text again: the decoders of tokenizer.json, and transformers' cleaning up after them. */
import type { DecoderDefinition } from './definition';
import { tokenBytes } from './byteCharacters';
import { prependScheme } from './preTokenizer';

export type Decoder = (tokens: readonly string[]) => string;

// Bytes that are no UTF-8 become U+FFFD; a byte order mark is a character like any other.
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

export function createDecoder(definition: DecoderDefinition | null | undefined): Decoder {
  if (!definition) return (tokens) => tokens.join(' ');
  switch (definition.type) {
    case 'WordPiece': {
      const { prefix, cleanup } = definition;
      return (tokens) =>
        tokens
          .map((token, i) => {
            if (i === 0) return token;
            return token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
          })
          .map((text) => (cleanup ? cleanUpSpaces(text.replaceAll(' do not', " don't")) : text))
          .join('');
    }
    case 'ByteLevel':
      return (tokens) => utf8.decode(Buffer.concat(tokens.map(tokenBytes)));
    case 'Metaspace': {
      const { replacement: mark } = definition;
      const firstMark = prependScheme(definition) === 'never' ? ' ' : '';
      return (tokens) => tokens.map((token, i) => token.replaceAll(mark, i === 0 ? firstMark : ' ')).join('');
    }
  }
}

/** Spaces that splitting put before punctuation and English endings go (transformers' `clean_up_tokenization`). */
export function cleanUpSpaces(text: string): string {
  return text
    .replaceAll(' .', '.')
    .replaceAll(' ?', '?')
    .replaceAll(' !', '!')
    .replaceAll(' ,', ',')
    .replaceAll(" ' ", "'")
    .replaceAll(" n't", "n't")
    .replaceAll(" 'm", "'m")
    .replaceAll(" 's", "'s")
    .replaceAll(" 've", "'ve")
    .replaceAll(" 're", "'re");
}

/** CLIP's end-of-word marks as spaces, none of them (nor any other white space) at the ends, as transformers does it. */
export function spaceWords(text: string, suffix: string): string {
  return text
    .replaceAll(suffix, ' ')
    .replace(/^[\p{White_Space}\x1c-\x1f]+/u, '')
    .replace(/(?<![\p{White_Space}\x1c-\x1f])[\p{White_Space}\x1c-\x1f]+$/u, '');
}
