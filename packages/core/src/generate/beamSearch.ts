/**
 * Beam search's hypotheses, by the rules of transformers (generation/utils.py, 5.23): each prompt has K running beams
 * and keeps the K best finished texts. A step offers the C best continuations of all its beams together; those that
 * end are finished if they are among the first K of the C, the K best of the others run on.
 */
import { checkScore, type Choice, type Decoding, type Generation, type Written } from './decoding';
import type { GenerationConfig } from './options';

/** What beams start with that are copies of the first, and an end costs in the race for the next step. */
const OUT_OF_THE_RACE = -1e9;

interface Hypothesis {
  tokenIds: readonly number[];
  score: number;
}

interface Beam extends Hypothesis {
  /** The row that takes in each of its tokens. */
  origins: readonly number[];
}

interface Candidate extends Hypothesis {
  /** That it goes on from. */
  parent: Beam;
  ends: boolean;
}

interface Search {
  running: Beam[];
  /** The best first, at most K. */
  finished: Hypothesis[];
  /** Whether a running beam may still end up among the finished. */
  canImprove: boolean;
}

/** C: enough that K continuations remain if all others end. */
export const candidateCount = ({ numBeams, eosTokenId }: GenerationConfig): number =>
  Math.max(2, 1 + eosTokenId.length) * numBeams;

const bestFirst = (a: { score: number }, b: { score: number }): number =>
  a.score === b.score ? 0 : a.score > b.score ? -1 : 1; // −∞ included

export class BeamSearch implements Decoding {
  isDone = false;
  private readonly searches: Search[];
  private length = 0;

  constructor(
    private readonly config: GenerationConfig,
    prompts: number,
  ) {
    const start = (_: unknown, beam: number): Beam => ({
      tokenIds: [],
      score: beam === 0 ? 0 : OUT_OF_THE_RACE,
      origins: [],
    });
    this.searches = Array.from({ length: prompts }, () => ({
      running: Array.from({ length: config.numBeams }, start),
      finished: [],
      canImprove: true,
    }));
  }

  get rows(): readonly (readonly number[])[] {
    return this.beams.map(({ tokenIds }) => tokenIds);
  }

  get nextTokens(): number[] {
    return this.beams.map(({ tokenIds }) => tokenIds[tokenIds.length - 1]);
  }

  get origins(): readonly (readonly number[])[] {
    return this.beams.map(({ origins }) => origins);
  }

  get beamScores(): number[] {
    return this.beams.map(({ score }) => score);
  }

  private get beams(): Beam[] {
    return this.searches.flatMap(({ running }) => running);
  }

  advance(choice: Choice): Written[] {
    this.length++;
    const candidates = this.searches.map(({ running }, prompt) => this.candidates(running, prompt, choice));
    this.searches.forEach((search, prompt) => this.update(search, prompt, candidates[prompt]));
    const isFull = ({ finished }: Search): boolean => finished.length === this.config.numBeams;
    this.isDone =
      !this.searches.some(({ canImprove }) => canImprove) ||
      (this.config.earlyStopping === true && this.searches.every(isFull)) ||
      candidates.flat().every(({ ends }) => ends);
    return []; // which beam wins is known at the end
  }

  results(): Generation[][] {
    return this.searches.map(({ finished }) =>
      finished.slice(0, this.config.numReturnSequences).map(({ tokenIds, score }) => ({
        tokenIds: [...tokenIds],
        score,
        finished: this.config.eosTokenId.includes(tokenIds[tokenIds.length - 1]),
      })),
    );
  }

  /** The C continuations of one prompt, the best first. */
  private candidates(running: Beam[], prompt: number, { tokens, beams, scores }: Choice): Candidate[] {
    const { maxNewTokens, eosTokenId } = this.config;
    const count = tokens.length / this.searches.length; // C
    return Array.from({ length: count }, (_, i) => {
      const at = prompt * count + i;
      const parent = running[beams![at]];
      return {
        tokenIds: [...parent.tokenIds, tokens[at]],
        score: checkScore(scores[at]),
        parent,
        ends: this.length === maxNewTokens || eosTokenId.includes(tokens[at]),
      };
    });
  }

  private update(search: Search, prompt: number, candidates: Candidate[]): void {
    const { numBeams, earlyStopping, lengthPenalty, maxNewTokens } = this.config;
    const isClosed = earlyStopping === true && search.finished.length === numBeams;
    if (search.canImprove && !isClosed) {
      const ended = candidates.slice(0, numBeams).filter(({ ends }) => ends);
      const scored = ended.map(({ tokenIds, score }) => ({
        tokenIds,
        score: this.penalised(score, this.length),
      }));
      search.finished = [...search.finished, ...scored].sort(bestFirst).slice(0, numBeams);
    }
    search.running = candidates
      .map((candidate) => ({
        ...candidate,
        score: candidate.ends ? candidate.score + OUT_OF_THE_RACE : candidate.score,
      }))
      .sort(bestFirst)
      .slice(0, numBeams)
      .map(({ tokenIds, score, parent }, i) => {
        const origins = [...parent.origins, prompt * numBeams + i];
        return { tokenIds, score, origins };
      });
    // The length at which the best running beam is taken to end: the longest only where that raises its score.
    const length = earlyStopping === 'never' && lengthPenalty > 0 ? maxNewTokens : this.length;
    const best = this.penalised(search.running[0].score, length);
    const worst = search.finished.length === numBeams ? search.finished[numBeams - 1].score : OUT_OF_THE_RACE;
    search.canImprove &&= best > worst;
  }

  /** Sum of log-probabilities / length^penalty; the length counts the new tokens, the end token included. */
  private penalised(sum: number, length: number): number {
    return sum / length ** this.config.lengthPenalty;
  }
}
