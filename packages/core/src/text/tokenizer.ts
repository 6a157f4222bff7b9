/**
 * Text to token ids and back: a Hugging Face tokenizer folder behind the few calls that training, generation and
 * evaluation need. B batch, T text tokens.
 *
 * The models that split words are those of @huggingface/tokenizers; what comes before and after them is done here,
 * because the library's way is not Python's in many corners (docs/tokenizers.md lists them).
 */
import { Blip2Error } from '../runtime';
import { affixesOf, type Affixes } from './affixes';
import { cleanUpSpaces, createDecoder, spaceWords, type Decoder } from './decoder';
import { padRows, type EncodedBatch } from './padding';
import { createPipeline, type Pipeline } from './pipeline';
import { readTokenizerFolder, unusable, type TokenizerFolder } from './readDefinition';
import { TextStream } from './textStream';

export interface EncodeOptions {
  /** Put the special tokens that belong there before and after the text (OPT's `</s>`); true unless given. */
  addSpecialTokens?: boolean;
}

export interface EncodeBatchOptions extends EncodeOptions {
  /** Longest sequence kept, special tokens included; the text is cut on the right. */
  maxLength: number;
  /** Length of every row; `maxLength` unless given. A fixed length keeps a run at one compiled signature. */
  padTo?: number;
  /** Where padding goes: right unless given; left for the prompts of decoder-only models. */
  padSide?: 'left' | 'right';
}

export interface DecodeOptions {
  /** Leave out special tokens; true unless given. */
  skipSpecialTokens?: boolean;
}

/** Tokens of the classes whose configurations need not name them. */
const USUAL = {
  WordPiece: { pad_token: '[PAD]' },
  Unigram: { pad_token: '<pad>', eos_token: '</s>' },
  BPE: {},
};

/** Text to ids and back, as the tokenizer of the same folder does it in Python. */
export class Tokenizer {
  /** How many tokens there are, added ones included. */
  readonly vocabularySize: number;
  /** Ids of the tokens that begin, end and fill up a text, where there are such. */
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
  readonly padId: number | undefined;
  private readonly affixes: Affixes;
  private readonly join: Decoder;
  /** Whether spaces before punctuation are taken out again. Never of byte-level text, which has its own spaces. */
  private readonly cleansUp: boolean;
  private readonly wordSuffix: string;

  private constructor(
    private readonly source: string,
    private readonly pipeline: Pipeline,
    { definition, config }: TokenizerFolder,
  ) {
    const named = { ...USUAL[pipeline.kind], ...config };
    const idOf = (token: string | null | undefined) => (token == null ? undefined : pipeline.id(token));
    this.vocabularySize = pipeline.size;
    this.bosId = idOf(named.bos_token);
    this.eosId = idOf(named.eos_token);
    this.padId = idOf(named.pad_token);
    this.affixes = affixesOf(definition.post_processor);
    this.join = createDecoder(definition.decoder);
    this.cleansUp = pipeline.kind !== 'BPE' && config.clean_up_tokenization_spaces === true;
    this.wordSuffix = (definition.model.type === 'BPE' && definition.model.end_of_word_suffix) || '';
  }

  /**
   * Reads a folder's `tokenizer.json`, and `tokenizer_config.json` and `special_tokens_map.json` if they are there.
   * @throws Blip2Error naming the file that is missing or broken, and what in it
   */
  static fromFolder(dir: string): Tokenizer {
    return Tokenizer.from(readTokenizerFolder(dir));
  }

  /** From what was read elsewhere. @throws Blip2Error as `fromFolder` */
  static from(folder: TokenizerFolder): Tokenizer {
    try {
      return new Tokenizer(folder.path, createPipeline(folder.definition), folder);
    } catch (cause) {
      throw unusable(folder.path, cause);
    }
  }

  /** The id of a token of the vocabulary, e.g. `[DEC]`. @throws Blip2Error if there is none. */
  id(token: string): number {
    const id = this.pipeline.id(token);
    if (id === undefined) {
      throw new Blip2Error(`Token ${token} is not in the vocabulary of ${this.source}`, {
        hint: 'Add it to added_tokens in tokenizer.json; a Q-Former needs [CLS], [SEP], [PAD] and [DEC].',
      });
    }
    return id;
  }

  /** Token ids of one text, neither cut nor padded. Half a surrogate pair counts as U+FFFD. */
  encode(text: string, { addSpecialTokens = true }: EncodeOptions = {}): number[] {
    const body = this.pipeline.encode(text);
    return addSpecialTokens ? [...this.affixes.prefix, ...body, ...this.affixes.suffix] : body;
  }

  /**
   * Ids and mask [B, padTo] of several texts; the special tokens before and after survive truncation.
   * @throws Blip2Error if there is no room for them, or nothing to pad with
   */
  encodeBatch(texts: readonly string[], options: EncodeBatchOptions): EncodedBatch {
    const { maxLength, padTo = maxLength, padSide = 'right', addSpecialTokens = true } = options;
    const { prefix, suffix } = addSpecialTokens ? this.affixes : { prefix: [], suffix: [] };
    const room = Math.min(maxLength, padTo) - prefix.length - suffix.length;
    if (room < 0)
      throw new Blip2Error(`${Math.min(maxLength, padTo)} tokens leave no room for the special tokens`, {
        hint: `${this.source} puts ${prefix.length + suffix.length} of them around a text: raise maxLength and padTo.`,
      });
    const rows = texts.map((text) => [...prefix, ...this.pipeline.encode(text).slice(0, room), ...suffix]);
    // What has nothing to pad with is an error only where there is something to pad.
    const pad = rows.some((row) => row.length < padTo) ? this.paddingId() : 0;
    return padRows(rows, { length: padTo, pad, side: padSide });
  }

  /** The text of token ids. Ids that are no token's are passed over. */
  decode(ids: ArrayLike<number>, { skipSpecialTokens = true }: DecodeOptions = {}): string {
    const tokens: string[] = [];
    for (const id of Array.from(ids)) {
      const token = this.pipeline.token(id);
      if (token === undefined || (skipSpecialTokens && this.pipeline.isSpecial(token))) continue;
      tokens.push(token);
    }
    let text = this.join(tokens);
    if (this.wordSuffix) text = spaceWords(text, this.wordSuffix);
    return this.cleansUp ? cleanUpSpaces(text) : text;
  }

  /** For a text that comes token by token: each piece is final, and all together are what `decode` gives. */
  stream(options: DecodeOptions = {}): TextStream {
    return new TextStream((ids) => this.decode(ids, options), this.cleansUp || this.wordSuffix !== '');
  }

  private paddingId(): number {
    if (this.padId === undefined) {
      throw new Blip2Error(`${this.source} comes without a padding token`, {
        hint: 'Name one as pad_token in tokenizer_config.json.',
      });
    }
    return this.padId;
  }
}
