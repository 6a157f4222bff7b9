/** The ways to cut a word into pieces: the best one, and how often each piece is to be expected in all of them. */

/** Logarithms of the pieces' probabilities. */
export type Scores = Map<string, number>;

interface Step {
  piece: string;
  start: number;
  score: number;
}

/** For each end of a piece in a word (in characters), the pieces that end there. */
function stepsTo(word: string, scores: Scores, without?: string): Step[][] {
  const characters = [...word];
  const steps: Step[][] = Array.from({ length: characters.length + 1 }, () => []);
  for (let start = 0; start < characters.length; start++) {
    let piece = '';
    for (let end = start + 1; end <= characters.length; end++) {
      piece += characters[end - 1];
      const score = scores.get(piece);
      if (score !== undefined && piece !== without) steps[end].push({ piece, start, score });
    }
  }
  return steps;
}

/** The most probable cut, of equal ones that with the longer last piece; nothing if there is none. */
export function bestCut(word: string, scores: Scores, without?: string): string[] {
  const steps = stepsTo(word, scores, without);
  const best: ({ score: number; step?: Step } | undefined)[] = [{ score: 0 }];
  for (let end = 1; end < steps.length; end++) {
    for (const step of steps[end]) {
      const before = best[step.start];
      if (!before) continue;
      const score = before.score + step.score;
      if (score > (best[end]?.score ?? -Infinity)) best[end] = { score, step };
    }
  }
  const pieces: string[] = [];
  for (let step = best[steps.length - 1]?.step; step; step = best[step.start]?.step)
    pieces.unshift(step.piece);
  return pieces;
}

/** Expected number of each piece over all cuts of all words (forward-backward). */
export function expectedCounts(words: readonly [string, number][], scores: Scores): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [word, count] of words) {
    const steps = stepsTo(word, scores);
    const last = steps.length - 1;
    // Log-probabilities of all cuts up to a place, and from it on.
    const forward = [0, ...Array<number>(last).fill(-Infinity)];
    const backward = [...Array<number>(last).fill(-Infinity), 0];
    for (let end = 1; end <= last; end++) {
      for (const { start, score } of steps[end]) {
        forward[end] = logSum(forward[end], forward[start] + score);
      }
    }
    for (let end = last; end > 0; end--) {
      for (const { start, score } of steps[end]) {
        backward[start] = logSum(backward[start], score + backward[end]);
      }
    }
    if (forward[last] === -Infinity) continue;
    for (let end = 1; end <= last; end++) {
      for (const { piece, start, score } of steps[end]) {
        const share = Math.exp(forward[start] + score + backward[end] - forward[last]);
        counts.set(piece, (counts.get(piece) ?? 0) + count * share);
      }
    }
  }
  return counts;
}

/** log(eᵃ + eᵇ) */
function logSum(a: number, b: number): number {
  const high = Math.max(a, b);
  return high === -Infinity ? high : high + Math.log1p(Math.exp(Math.min(a, b) - high));
}
