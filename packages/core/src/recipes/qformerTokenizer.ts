/** The tokenizer of a Q-Former: BERT's, with `[DEC]` added to it as in LAVIS where it has none. */
import { readTokenizerFolder, Tokenizer } from '../text';

const START = {
  content: '[DEC]',
  special: true,
  normalized: false,
  single_word: false,
  lstrip: false,
  rstrip: false,
};

/** @throws Blip2Error naming the file that is missing or broken */
export function qformerTokenizer(dir: string): Tokenizer {
  const { definition, ...folder } = readTokenizerFolder(dir);
  // A token that is there already keeps its id.
  return Tokenizer.from({
    ...folder,
    definition: { ...definition, added_tokens: [...definition.added_tokens, START] },
  });
}
