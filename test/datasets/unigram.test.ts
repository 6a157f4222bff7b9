import { describe, expect, it } from 'vitest';
import { shapesTexts, splitMarkedWords, trainUnigram } from '../../datasets/src';
import { bestCut, expectedCounts, type Scores } from '../../datasets/src/unigramCuts';

const scores: Scores = new Map(
  Object.entries({ a: 0.2, b: 0.1, c: 0.05, ab: 0.3, bc: 0.15, abc: 0.02 }).map(([piece, p]) => [
    piece,
    Math.log(p),
  ]),
);

/** All ways to cut a word, one by one. */
function cuts(word: string): string[][] {
  if (word === '') return [[]];
  return [...scores.keys()]
    .filter((piece) => word.startsWith(piece))
    .flatMap((piece) => cuts(word.slice(piece.length)).map((rest) => [piece, ...rest]));
}

const probability = (cut: string[]) =>
  cut.reduce((product, piece) => product * Math.exp(scores.get(piece)!), 1);

describe('cuts of a word', () => {
  it('the best is the most probable', () => {
    expect(bestCut('abc', scores)).toEqual(['a', 'bc']);
    expect(bestCut('abab', scores)).toEqual(['ab', 'ab']);
    expect(bestCut('abc', scores, 'bc')).toEqual(['abc']);
    expect(bestCut('abx', scores)).toEqual([]);
  });

  it('expected counts are those of the sum over all of them', () => {
    const words: [string, number][] = [
      ['abcab', 3],
      ['ccab', 2],
    ];
    const expected = new Map<string, number>();
    for (const [word, count] of words) {
      const total = cuts(word).reduce((sum, cut) => sum + probability(cut), 0);
      for (const cut of cuts(word)) {
        for (const piece of cut) {
          expected.set(piece, (expected.get(piece) ?? 0) + (count * probability(cut)) / total);
        }
      }
    }
    const found = expectedCounts(words, scores);
    expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [piece, count] of expected) expect(found.get(piece)).toBeCloseTo(count, 10);
  });

  it('a word that cannot be cut counts for nothing', () => {
    expect(expectedCounts([['xyz', 5]], scores).size).toBe(0);
  });
});

describe('trainUnigram', () => {
  const texts = shapesTexts(50);

  it('marks words and cuts at white space', () => {
    expect(splitMarkedWords(' a  red\nring? ')).toEqual(['▁a', '▁red', '▁ring?']);
  });

  it('finds the words of a text', () => {
    const pieces = trainUnigram(texts, '', 200).map(([piece]) => piece);
    for (const piece of ['▁circle', '▁red', '▁what', '▁is', '?']) expect(pieces).toContain(piece);
    // Words and punctuation do not share pieces.
    expect(pieces.filter((piece) => /[a-z]\?/.test(piece))).toEqual([]);
  });

  it('prunes to the size asked for, keeping all characters, the most useful pieces, the most probable first', () => {
    const alphabet = 'abcdefghijklmnopqrstuvwxyzQ';
    const trained = trainUnigram(texts, alphabet, 60);
    const pieces = trained.map(([piece]) => piece);
    expect(trained).toHaveLength(60);
    for (const character of ['▁', ...alphabet]) expect(pieces).toContain(character);
    expect(pieces).toContain('▁the');
    const values = trained.map(([, score]) => score);
    expect([...values].sort((a, b) => b - a)).toEqual(values);
    // A character that does not occur is less probable than all that do.
    expect(pieces.indexOf('Q')).toBeGreaterThan(pieces.indexOf('▁the'));
  });

  it('does not depend on the order of texts', () => {
    expect(trainUnigram([...texts].reverse(), 'abc', 80)).toEqual(trainUnigram(texts, 'abc', 80));
  });

  it('refuses a size that has no room for the characters', () => {
    expect(() => trainUnigram(['abc'], '', 3)).toThrow('4 characters do not fit into 3 pieces');
  });
});
