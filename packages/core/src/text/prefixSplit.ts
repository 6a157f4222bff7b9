/** Captions parted for prefix language modeling (BLIP-2 section 3.3). */

export interface PrefixSplit {
  /** What the encoder reads beside the queries. */
  prefix: string;
  /** What the decoder is to write. */
  suffix: string;
}

/**
 * Splits a text after a word drawn evenly from the first to the middle one; the author of the paper says so in LAVIS's
 * issue 139, not whether words or tokens are counted. Here words are: each part is then a text of its own, tokenised
 * as at inference, by whatever tokenizer. A text of one word has an empty prefix.
 *
 * @param random in [0, 1)
 */
export function splitPrefix(text: string, random: number): PrefixSplit {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const middle = Math.floor(words.length / 2);
  const point = middle === 0 ? 0 : 1 + Math.floor(random * middle); // 1 … middle
  return { prefix: words.slice(0, point).join(' '), suffix: words.slice(point).join(' ') };
}
