/** Text in, text out: a language model with its weights and its tokenizer. B prompts, P tokens of the longest. */
import { Blip2Error, tf, type Tensor } from '../runtime';
import type { Weights } from '../nn';
import { padRows, type TextStream, type Tokenizer } from '../text';
import type { LanguageTower, Sequencer } from '../models';
import type { Generation } from './decoding';
import { parseGeneration, type GenerationOptions } from './options';
import { TokenGenerator, type GenerateOptions, type TokenEvent } from './tokenGenerator';

export interface TextGeneration extends Generation {
  /** Without special tokens, the end token, and space around it. */
  text: string;
}

export interface TextEvent extends TokenEvent {
  /** What this token adds to the text for certain: '' while a character or word is not complete. */
  text: string;
}

type IdPrompt = {
  /** int32 [B, P] */
  ids: Tensor;
  /** int32 [B, P] */
  mask: Tensor;
};

/** Prompts are padded to a multiple of this, so that few lengths are compiled. */
const LENGTH_STEP = 16;

/** Generates text from text. Compiled functions are kept: make it once per model, and `dispose` it. */
export class LanguageModel {
  private readonly generator: TokenGenerator<IdPrompt>;
  private readonly defaults: GenerationOptions;

  /** @param defaults of the options, e.g. those of the model's generation_config.json */
  constructor(
    private readonly tower: LanguageTower,
    weights: Weights,
    private readonly tokenizer: Tokenizer,
    defaults: GenerationOptions = {},
  ) {
    const { eos, pad } = tower.tokens;
    this.defaults = { eosTokenId: eos, padTokenId: pad, ...defaults };
    this.generator = new TokenGenerator(readingWords(tower), weights, this.defaults);
  }

  /**
   * Texts that continue (decoder-only) or answer (encoder-decoder) each prompt: `numReturnSequences` of them. The
   * prompt gets the special tokens that its tokenizer puts around a text.
   * @throws Blip2Error for options that are wrong and for a prompt without tokens
   */
  async generate(
    prompts: readonly string[],
    options: GenerateOptions<TextEvent> = {},
  ): Promise<TextGeneration[][]> {
    if (prompts.length === 0) return [];
    const { onToken, signal, ...rest } = options;
    const ids = prompts.map((prompt) => this.encode(prompt));
    const isDecoderOnly = this.tower.architecture === 'decoder-only';
    const { tokens, maxPositions = Infinity } = this.tower;
    const { pad } = tokens;
    const room = maxPositions - parseGeneration(rest, this.defaults).maxNewTokens;
    const padded = padPrompts(ids, { pad, side: isDecoderOnly ? 'left' : 'right', room });
    try {
      const texts = await this.generator.generate(padded, {
        ...rest,
        signal,
        onToken: onToken && this.withText(onToken, rest),
        history: isDecoderOnly ? ids : ids.map(() => [pad]), // a T5's text starts with its padding token
      });
      return texts.map((rows) => rows.map((row) => ({ ...row, text: textOf(this.tokenizer, row) })));
    } finally {
      tf.dispose(padded);
    }
  }

  /** The best text for one prompt; what a `Conversation` needs. */
  async reply(prompt: string, options: GenerateOptions<TextEvent> = {}): Promise<string> {
    const [[{ text }]] = await this.generate([prompt], options);
    return text;
  }

  /** Frees the compiled functions. */
  dispose(): void {
    this.generator.dispose();
  }

  private encode(prompt: string): number[] {
    const ids = this.tokenizer.encode(prompt);
    if (ids.length > 0) return ids;
    throw new Blip2Error('A prompt without tokens: there is nothing to go on from', {
      hint: 'Write something, or use a tokenizer that starts texts with a special token.',
    });
  }

  /** Events with what each token adds to its text. */
  private withText(
    onToken: (event: TextEvent) => void,
    options: GenerationOptions,
  ): (event: TokenEvent) => void {
    const { eosTokenId, maxNewTokens } = parseGeneration(options, this.defaults);
    const streams = new Map<string, { stream: TextStream; count: number }>();
    return (event) => {
      const key = `${event.prompt} ${event.sequence}`;
      const { stream, count } = streams.get(key) ?? { stream: this.tokenizer.stream(), count: 0 };
      streams.set(key, { stream, count: count + 1 });
      const ends = eosTokenId.includes(event.tokenId);
      const added = ends ? '' : stream.push(event.tokenId);
      const rest = ends || count + 1 === maxNewTokens ? stream.end() : '';
      onToken({ ...event, text: added + rest });
    };
  }
}

/** What was written, without special tokens, the end token, and space around it. */
export function textOf(tokenizer: Tokenizer, { tokenIds, finished }: Generation): string {
  return tokenizer.decode(finished ? tokenIds.slice(0, -1) : tokenIds).trim();
}

/** The tower as it reads token ids. */
function readingWords(tower: LanguageTower): Sequencer<IdPrompt> {
  return {
    begin: (w, { ids, mask }, room) => tower.begin(w, { embeddings: tower.embed(w, ids), mask }, room),
    step: (w, memory, cache, feed) => tower.step(w, memory, cache, feed),
  };
}

/** @param options.room what there are positions for before new tokens: more padding would take theirs */
function padPrompts(
  prompts: readonly number[][],
  { pad, side, room }: { pad: number; side: 'left' | 'right'; room: number },
): IdPrompt {
  const longest = Math.max(...prompts.map(({ length }) => length));
  const rounded = Math.ceil(longest / LENGTH_STEP) * LENGTH_STEP;
  const length = Math.max(longest, Math.min(rounded, room)); // P
  const { ids, mask, shape } = padRows(prompts, { length, pad, side });
  return { ids: tf.tensor2d(ids, shape, 'int32'), mask: tf.tensor2d(mask, shape, 'int32') };
}
