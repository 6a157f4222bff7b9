/**
 * Text to token ids: a Hugging Face tokenizer folder (`tokenizer.json`, `tokenizer_config.json`) behind the few calls
 * that training and evaluation need. B batch, T text tokens.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { Blip2Error } from '../runtime';

export interface EncodeBatchOptions {
  /** Longest sequence kept, special tokens included; the text is cut on the right. */
  maxLength: number;
  /** Length of every row; `maxLength` unless given. A fixed length keeps a run at one compiled signature. */
  padTo?: number;
}

/** Row-major [B, T]; `mask` is 1 on tokens and 0 on padding. */
export interface EncodedBatch {
  ids: Int32Array;
  mask: Int32Array;
  shape: [number, number];
}

function readJson(path: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Blip2Error(`No tokenizer file ${path}`, {
      hint: 'A tokenizer folder holds tokenizer.json and tokenizer_config.json, as on the Hugging Face hub.',
      cause,
    });
  }
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw new Blip2Error(`${path} is not JSON: ${(cause as Error).message}`, {
      hint: 'Fetch the file again.',
      cause,
    });
  }
}

export class Tokenizer {
  readonly vocabularySize: number;
  /** Special tokens that the post-processor puts before and after a text, e.g. [CLS] and [SEP]. */
  private readonly prefix: number[];
  private readonly suffix: number[];

  private constructor(
    private readonly inner: HuggingFaceTokenizer,
    private readonly source: string,
    private readonly padToken: string,
  ) {
    this.vocabularySize = inner.get_vocab().size;
    const whole: number[] = inner.encode('a').ids;
    const body: number[] = inner.encode('a', { add_special_tokens: false }).ids;
    const start = whole.findIndex((_, at) => body.every((id, offset) => whole[at + offset] === id));
    this.prefix = whole.slice(0, start);
    this.suffix = whole.slice(start + body.length);
  }

  /** Reads `tokenizer.json` and `tokenizer_config.json` of a folder. @throws Blip2Error if one is missing or broken. */
  static fromFolder(dir: string): Tokenizer {
    const path = join(dir, 'tokenizer.json');
    const definition = readJson(path);
    const config = readJson(join(dir, 'tokenizer_config.json'));
    const pad = config['pad_token'] as string | { content: string } | undefined;
    try {
      const inner = new HuggingFaceTokenizer(definition, config);
      return new Tokenizer(inner, path, typeof pad === 'object' ? pad.content : (pad ?? '[PAD]'));
    } catch (cause) {
      throw new Blip2Error(`${path} cannot be used as a tokenizer: ${(cause as Error).message}`, {
        hint: 'It should be the tokenizer.json that transformers writes (fast tokenizer).',
        cause,
      });
    }
  }

  /** The id of a token of the vocabulary, e.g. `[DEC]`. @throws Blip2Error if there is none. */
  id(token: string): number {
    const id = this.inner.token_to_id(token);
    if (id === undefined) {
      throw new Blip2Error(`Token ${token} is not in the vocabulary of ${this.source}`, {
        hint: 'Add it to added_tokens in tokenizer.json; BLIP-2 needs [CLS], [SEP], [PAD] and [DEC].',
      });
    }
    return id;
  }

  /** Token ids of one text with its special tokens, neither cut nor padded. */
  encode(text: string): number[] {
    return [...this.prefix, ...this.inner.encode(text, { add_special_tokens: false }).ids, ...this.suffix];
  }

  /** Ids and mask [B, padTo] of several texts; the closing special tokens survive truncation. */
  encodeBatch(texts: readonly string[], options: EncodeBatchOptions): EncodedBatch {
    const { maxLength, padTo = maxLength } = options;
    const room = Math.min(maxLength, padTo) - this.prefix.length - this.suffix.length;
    if (room < 0) throw new Blip2Error(`maxLength ${maxLength} leaves no room for the special tokens`);
    const ids = new Int32Array(texts.length * padTo).fill(this.id(this.padToken));
    const mask = new Int32Array(texts.length * padTo);
    texts.forEach((text, row) => {
      const body = this.inner.encode(text, { add_special_tokens: false }).ids.slice(0, room);
      const tokens = [...this.prefix, ...body, ...this.suffix];
      ids.set(tokens, row * padTo);
      mask.fill(1, row * padTo, row * padTo + tokens.length);
    });
    return { ids, mask, shape: [texts.length, padTo] };
  }

  /** The text of token ids, special tokens left out. */
  decode(ids: ArrayLike<number>): string {
    return this.inner.decode(Array.from(ids), { skip_special_tokens: true });
  }
}
