/** The host's part of a step: which rows there are, what they have written, which of them go on. */
import { Blip2Error } from '../runtime';

/** One text. */
export interface Generation {
  /** The new tokens: without the prompt and without padding, with the end token if there was one. */
  tokenIds: number[];
  /**
   * Greedy and sampling: sum of the log-probabilities that the model itself gives to the tokens. Beam search: the score
   * that texts are ranked by, sum of constrained log-probabilities / length^lengthPenalty.
   */
  score: number;
  /** Whether it ended by itself, and not because `maxNewTokens` were written. */
  finished: boolean;
}

/** What the device chose, on the host; see `Chosen`. */
export interface Choice {
  tokens: ArrayLike<number>;
  beams?: ArrayLike<number>;
  scores: ArrayLike<number>;
}

/** A row's newest token. */
export interface Written {
  row: number;
  tokenId: number;
}

export interface Decoding {
  /** New tokens of each row so far. */
  readonly rows: readonly (readonly number[])[];
  /** Whether nothing more is to be computed. */
  readonly isDone: boolean;
  /** What the next step takes in, one token per row. */
  readonly nextTokens: readonly number[];
  /** The rows that took in each row's tokens, the newest its own; undefined: all its own. */
  readonly origins: readonly (readonly number[])[] | undefined;
  /** Sums of the running beams, one per row; undefined where there are none. */
  readonly beamScores: readonly number[] | undefined;
  /** Takes in what was chosen, and says what is final. */
  advance(choice: Choice): Written[];
  /** Texts of each prompt, the best first (draws: in the order of rows). */
  results(): Generation[][];
}

/** @throws Blip2Error if a score is not a number: so are the logits then */
export function checkScore(score: number): number {
  if (!Number.isNaN(score)) return score;
  throw new Blip2Error("The model's logits are not numbers (NaN)", {
    hint: 'Check the weights for NaN, and the precision: float16 overflows in models trained in bfloat16.',
  });
}
