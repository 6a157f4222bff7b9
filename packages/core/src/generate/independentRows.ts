/** Greedy search and sampling: each row goes on by itself until it ends. */
import { checkScore, type Choice, type Decoding, type Generation, type Written } from './decoding';
import type { GenerationConfig } from './options';

export class IndependentRows implements Decoding {
  readonly rows: number[][];
  readonly origins = undefined;
  readonly beamScores = undefined;
  nextTokens: number[] = [];
  private readonly sums: number[];
  private readonly ended: boolean[];

  constructor(
    private readonly config: GenerationConfig,
    prompts: number,
  ) {
    const count = prompts * config.numReturnSequences;
    this.rows = Array.from({ length: count }, () => []);
    this.sums = new Array<number>(count).fill(0);
    this.ended = new Array<boolean>(count).fill(false);
  }

  get isDone(): boolean {
    return this.rows.every((row, i) => this.ended[i] || row.length >= this.config.maxNewTokens);
  }

  advance({ tokens, scores }: Choice): Written[] {
    const { eosTokenId, padTokenId } = this.config;
    const live = this.rows.flatMap((_, row) => (this.ended[row] ? [] : [row]));
    const written = live.map((row) => {
      const tokenId = tokens[row];
      this.rows[row].push(tokenId);
      this.sums[row] += checkScore(scores[row]);
      this.ended[row] = eosTokenId.includes(tokenId);
      return { row, tokenId };
    });
    this.nextTokens = this.rows.map((row, i) => (this.ended[i] ? padTokenId : row[row.length - 1]));
    return written;
  }

  results(): Generation[][] {
    const perPrompt = this.config.numReturnSequences;
    const texts = this.rows.map((tokenIds, row) => ({
      tokenIds,
      score: this.sums[row],
      finished: this.ended[row],
    }));
    return Array.from({ length: texts.length / perPrompt }, (_, prompt) =>
      texts.slice(prompt * perPrompt, (prompt + 1) * perPrompt),
    );
  }
}
