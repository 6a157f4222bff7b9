/** What a trained vocabulary is written as: the two files of a Hugging Face tokenizer. */

/** The contents of `tokenizer.json` and `tokenizer_config.json`. */
export interface TokenizerFiles {
  tokenizer: object;
  config: object;
}

const FLAGS = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };

/** A token that is cut out of a text as it stands, and left out of decoded text, for `added_tokens`. */
export function specialToken(content: string, id: number): object {
  return { id, content, ...FLAGS };
}

/** How often each word occurs, in an order that does not depend on that of the texts. */
export function wordCounts(texts: Iterable<string>, split: (text: string) => string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const word of split(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
}
