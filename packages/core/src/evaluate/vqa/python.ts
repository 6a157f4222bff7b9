/** What Python's string methods and `round` do and JavaScript's do not: scores must not differ by a stray character. */

/** str.isspace: without JavaScript's U+FEFF, with four separators and U+0085 that JavaScript's \s leaves out. */
const SPACE =
  '\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a' +
  '\u2028\u2029\u202f\u205f\u3000';

const SPACES = new RegExp(`[${SPACE}]+`);

/** str.strip() */
export function strip(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && SPACE.includes(text[start])) start++;
  while (start < end && SPACE.includes(text[end - 1])) end--;
  return text.slice(start, end);
}

/** str.split() */
export function splitWords(text: string): string[] {
  return text.split(SPACES).filter((word) => word !== '');
}

/** round(value, 2) of a percentage: to the nearest hundredth, and from half way to the even one. */
export function roundToHundredth(value: number): number {
  // Half way between two hundredths is an odd number of eighths, the only such values that binary can hold.
  if (Math.abs(value * 8) % 2 !== 1) return Number(value.toFixed(2));
  const below = Math.floor(value * 100);
  return (below % 2 === 0 ? below : below + 1) / 100;
}
