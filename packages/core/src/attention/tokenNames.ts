/** Tokens as people read them. */
import type { Tokenizer } from '../text';

/**
 * What each token adds to the text, the space before it included, so that all together can be read; special tokens by
 * their names. A line's end can be seen.
 */
export function tokenNames(tokenizer: Tokenizer, ids: ArrayLike<number>): string[] {
  const decode = (...some: number[]) => tokenizer.decode(some, { skipSpecialTokens: false });
  return Array.from(ids, (id, t) => {
    const before = t > 0 ? decode(ids[t - 1]) : '';
    const both = t > 0 ? decode(ids[t - 1], id) : '';
    const added = t > 0 && both.startsWith(before) ? both.slice(before.length) : decode(id);
    return added === '' ? '␣' : added.replaceAll('\n', '⏎');
  });
}
