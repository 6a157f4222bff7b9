/**
 * What a frozen language model costs behind the queries: the gradient goes through it, into none of its weights.
 * Q queries, L prompt tokens, T target tokens, W width, F feed-forward width, H heads, V vocabulary.
 */
import type { LanguageTower, TowerConfig } from '../../models';
import {
  attentionOperations,
  blocksOf,
  feedForwardOf,
  headsOf,
  productOperations,
  startingWith,
  type Cost,
} from './cost';

/** A language model without its weights. */
export interface LanguageShape {
  tower: LanguageTower;
  config: TowerConfig;
}

/** Tokens of a sample, padding included. */
export interface LanguageLengths {
  /** Q + L: what is given. */
  given: number;
  /** T */
  target: number;
}

/** Blocks that are alike: their own rows, and what these look at. */
interface Stack {
  blocks: number;
  rows: number;
  columns: readonly number[];
}

export function languageCost({ tower, config }: LanguageShape, { given, target }: LanguageLengths): Cost {
  const specs = tower.parameters();
  const isDecoderOnly = tower.architecture === 'decoder-only';
  const stacks: Stack[] = isDecoderOnly
    ? [{ blocks: blocksOf(specs), rows: given + target, columns: [given + target] }]
    : [
        { blocks: blocksOf(startingWith(specs, 'encoder.')), rows: given, columns: [given] },
        { blocks: blocksOf(startingWith(specs, 'decoder.')), rows: target, columns: [target, given] },
      ];
  // Of decoders that read an encoder, keys and values have the encoder's rows.
  const rows = (name: string) => {
    if (name.startsWith('lm_head')) return 0; // counted below, whether it is tied to a table or not
    if (isDecoderOnly) return given + target;
    return name.startsWith('encoder.') || /EncDecAttention\.[kv]\./.test(name) ? given : target;
  };
  const head = target * tower.vocabSize;
  const products = productOperations(specs, rows) + 2 * head * tower.hiddenSize;
  const width = innerWidth(specs) ?? tower.hiddenSize; // W
  const [wide, heads] = [feedForwardOf(specs), headsOf(config)];

  let attention = 0;
  let [kept, keptByRecompute] = [2 * head, 2 * head]; // logits and their slope
  for (const { blocks, rows: own, columns } of stacks) {
    const seen = columns.reduce((sum, count) => sum + own * count, 0);
    for (const count of columns) attention += blocks * attentionOperations(own, count, width);
    // Norms, queries, keys, values, dropout's masks; the activation's input and output; probabilities, in T5 dropped too.
    const block = own * (7 * width + 2 * wide) + heads * seen * (isDecoderOnly ? 1 : 3);
    kept += blocks * block;
    keptByRecompute += blocks * own * width + block;
  }
  // A product's gradient is that of its rows alone; attention's, of both its operands.
  return { forward: products + attention, backward: products + 2 * attention, kept, keptByRecompute };
}

/** Heads times their width. */
const innerWidth = (specs: ReturnType<LanguageTower['parameters']>): number | undefined =>
  Object.entries(specs).find(([name]) => /(q_proj|SelfAttention\.q)\.weight$/.test(name))?.[1].shape[0];
