/** Which captions are kept. */
import { describe, expect, test } from 'vitest';
import { selectCaptions, type Candidate } from '../../packages/core/src/capfilt';

const web = (text: string, score: number): Candidate => ({ text, score, isWeb: true });
const drawn = (text: string, score: number): Candidate => ({ text, score, isWeb: false });
const texts = (candidates: Candidate[]) => candidates.map(({ text }) => text);

/** Candidates from a small linear congruential generator: many ties, many that read alike. */
function randomCandidates(seed: number): Candidate[] {
  let state = seed;
  const below = (n: number) => (state = (state * 1103515245 + 12345) % 2 ** 31) % n;
  return Array.from({ length: 11 }, (_, i) => {
    const word = below(5);
    return { text: `text ${word}`, score: word / 10 + below(2) / 100, isWeb: i === 0 };
  });
}

describe('selectCaptions', () => {
  test('keeps the best, best first, and knows the place of the web’s', () => {
    const candidates = [web('w', 0.2), drawn('a', 0.1), drawn('b', 0.3), drawn('c', 0.25)];
    const { kept, others, webRank, ranked } = selectCaptions(candidates, { keep: 2, distinct: false });
    expect(texts(kept)).toEqual(['b', 'c']);
    expect(texts(others)).toEqual(['w', 'a']);
    expect(webRank).toBe(3);
    expect(ranked).toBe(4);
  });

  test('equal scores keep their order: the web’s own before a sample that reads like it', () => {
    const { kept, webRank } = selectCaptions([web('w', 0.2), drawn('w', 0.2), drawn('a', 0.2)], {
      keep: 2,
      distinct: false,
    });
    expect(kept.map(({ isWeb }) => isWeb)).toEqual([true, false]);
    expect(webRank).toBe(1);
  });

  test('distinct: what training reads alike counts once', () => {
    const candidates = [web('A red circle.', 0.1), drawn('a red circle', 0.3), drawn('a blue square', 0.2)];
    const { kept, webRank, ranked } = selectCaptions(candidates, { keep: 3, distinct: true });
    expect(texts(kept)).toEqual(['a red circle', 'a blue square']);
    expect(webRank).toBe(1);
    expect(ranked).toBe(2);
  });

  test('without a caption of the web there is no place of it; without candidates nothing is kept', () => {
    expect(selectCaptions([drawn('a', 1)], { keep: 2, distinct: false }).webRank).toBeUndefined();
    expect(selectCaptions([], { keep: 2, distinct: true })).toEqual({
      kept: [],
      others: [],
      webRank: undefined,
      ranked: 0,
    });
  });

  test.each(Array.from({ length: 20 }, (_, seed) => seed + 1))('nothing better is left out (%i)', (seed) => {
    const candidates = randomCandidates(seed);
    for (const distinct of [false, true]) {
      const { kept } = selectCaptions(candidates, { keep: 2, distinct });
      const left = candidates.filter(
        (one) => !kept.includes(one) && !(distinct && texts(kept).includes(one.text)),
      );
      const worstKept = Math.min(...kept.map(({ score }) => score));
      expect(left.every(({ score }) => score <= worstKept)).toBe(true);
      expect(kept.map(({ score }) => score)).toEqual(
        [...kept].map(({ score }) => score).sort((a, b) => b - a),
      );
      if (distinct) expect(new Set(texts(kept)).size).toBe(kept.length);
    }
  });
});
