/** What Python's tokenizers make of texts (test/fixtures/README.md). */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';

export interface Kind {
  definition: Record<string, unknown>;
  config: object;
  size: number;
  prefix: number[];
  suffix: number[];
  ids: number[][];
  decoded: number[];
  decodedWithoutSpecials: number[];
  sweep: number[];
  drawn: { ids: number[]; text: string }[];
}

/** T5 with other normalizers and pre-tokenizers. */
export interface Variant {
  changes: { normalizer: (object | 'Precompiled')[] };
  ids: number[][];
  decoded: number[];
}

export const KINDS = ['bert', 'opt', 'clip', 't5'] as const;

const file = resolve(import.meta.dirname, '../fixtures/tokenization.json.gz');

export const { texts, kinds, alone, charsmap } = JSON.parse(
  gunzipSync(readFileSync(file)).toString('utf8'),
) as {
  texts: string[];
  alone: number[];
  charsmap: { base64: string; normalized: [string, string][] };
  kinds: Record<(typeof KINDS)[number], Kind> & Record<'t5-always' | 't5-first', Variant>;
};
