/**
 * Rules that look at the text so far, as lists of token ids for the device: repetition penalty, n-grams that would
 * come twice, end tokens that would come too early. R rows, M width of a list.
 */
import { tf, type Tensor } from '../runtime';
import type { GenerationConfig } from './options';
import type { Banned, Seen, StepInputs } from './selection';

type Ids = readonly number[];

/** Prompts of similar length share a compiled step. */
const WIDTH_STEP = 16;

export class Constraints {
  private readonly bansEnds: boolean;
  /** M, of the longest text that can come. */
  private readonly textWidth: number;

  /** @param history tokens of each prompt that count as text; a prompt of embeddings alone has none */
  constructor(
    private readonly config: GenerationConfig,
    private readonly history: readonly Ids[],
    private readonly rowsPerPrompt: number,
  ) {
    this.bansEnds = config.minNewTokens > 0 && config.eosTokenId.length > 0;
    const longest = Math.max(0, ...history.map(({ length }) => length));
    this.textWidth = Math.ceil(longest / WIDTH_STEP) * WIDTH_STEP + config.maxNewTokens;
  }

  /** What the next token of each row is chosen under, after `rows` were written. */
  inputs(rows: readonly Ids[]): Pick<StepInputs, 'seen' | 'banned'> {
    const { repetitionPenalty, noRepeatNgramSize } = this.config;
    const penalises = repetitionPenalty !== 1;
    const bans = noRepeatNgramSize > 0 || this.bansEnds;
    if (!penalises && !bans) return {};
    const texts = rows.map((row, i) => [...(this.history[Math.floor(i / this.rowsPerPrompt)] ?? []), ...row]);
    return {
      seen: penalises ? seen(texts, repetitionPenalty, this.textWidth) : undefined,
      banned: bans ? this.banned(texts, rows) : undefined,
    };
  }

  private banned(texts: readonly Ids[], rows: readonly Ids[]): Banned {
    const { noRepeatNgramSize, minNewTokens, eosTokenId } = this.config;
    const lists = texts.map((text, i) => [
      ...completions(text, noRepeatNgramSize),
      ...(rows[i].length < minNewTokens ? eosTokenId : []),
    ]);
    const width = (noRepeatNgramSize > 0 ? this.textWidth : 0) + (this.bansEnds ? eosTokenId.length : 0);
    const amounts = new Float32Array(lists.length * width);
    lists.forEach((list, row) => amounts.fill(-Infinity, row * width, row * width + list.length));
    return { ids: idMatrix(lists, width), amounts: tf.tensor2d(amounts, [lists.length, width]) };
  }
}

/** Tokens that would complete an n-gram which the text holds already; none for n = 0. */
export function completions(text: Ids, n: number): number[] {
  if (n === 0) return [];
  const last = text.length - n + 1; // where the n-gram begins that the next token completes
  const found: number[] = [];
  for (let at = 0; at < last; at++) {
    let same = 0;
    while (same < n - 1 && text[at + same] === text[last + same]) same++;
    if (same === n - 1) found.push(text[at + n - 1]);
  }
  return found;
}

function seen(texts: readonly Ids[], penalty: number, width: number): Seen {
  const penalties = texts.map((text) => (text.length > 0 ? penalty : 1));
  return { ids: idMatrix(texts, width), penalty: tf.tensor2d(penalties, [texts.length, 1]) };
}

/** int32 [R, M]: each list, filled up with its own first id. */
function idMatrix(lists: readonly Ids[], width: number): Tensor {
  const ids = new Int32Array(lists.length * width);
  lists.forEach((list, row) => {
    ids.fill(list[0] ?? 0, row * width, (row + 1) * width);
    ids.set(list, row * width);
  });
  return tf.tensor2d(ids, [lists.length, width], 'int32');
}
