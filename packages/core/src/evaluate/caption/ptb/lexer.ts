/** Longest match over an ordered list of rules; of equally long ones the first. */

export interface Rule {
  /** The token: a regular expression's source. */
  token: string;
  /** What must follow. It counts towards the length of the match, but stays in the text. */
  ahead?: string;
  /** How many characters at the end of the token are left in the text, to be read again. */
  giveBack?: number;
  /** Whether they stay in the token all the same. */
  keep?: boolean;
  /** How it is written; undefined: not at all. Default: as it is. */
  write?: (text: string) => string | undefined;
}

/**
 * A function from text to its tokens, in order. Characters that no rule knows are passed over.
 * @param plain a shortcut: where this sticky expression matches, its first group is the token, and no rule is tried
 */
export function lexer(rules: readonly Rule[], plain: RegExp): (text: string) => Generator<string> {
  const patterns = rules.map(
    ({ token, ahead }) => new RegExp(`(${token})${ahead ? `(?:${ahead})` : ''}`, 'y'),
  );

  function longestMatch(text: string, at: number): { rule: Rule; length: number } | undefined {
    let [rule, length, longest] = [-1, 0, 0];
    for (let i = 0; i < patterns.length; i++) {
      patterns[i].lastIndex = at;
      const match = patterns[i].exec(text);
      if (match && match[0].length > longest) [rule, length, longest] = [i, match[1].length, match[0].length];
    }
    return rule < 0 ? undefined : { rule: rules[rule], length };
  }

  return function* (text) {
    for (let at = 0; at < text.length;) {
      plain.lastIndex = at;
      const shortcut = plain.exec(text);
      if (shortcut) {
        yield shortcut[1];
        at += shortcut[0].length;
        continue;
      }
      const found = longestMatch(text, at);
      if (!found) {
        at++;
        continue;
      }
      const { giveBack = 0, keep, write } = found.rule;
      const end = at + found.length;
      const token = text.slice(at, keep ? end : end - giveBack);
      const written = write ? write(token) : token;
      if (written !== undefined) yield written;
      at = end - giveBack;
    }
  };
}
