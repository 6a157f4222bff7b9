/** The three kinds of models that split words into tokens: @huggingface/tokenizers' own, behind one interface. */
import { BPE, Unigram, WordPiece } from '@huggingface/tokenizers';
import type { ModelDefinition } from './definition';

export interface SubwordModel {
  kind: ModelDefinition['type'];
  ids: ReadonlyMap<string, number>;
  /** Token ids of one word. */
  encode(word: string): number[];
}

/** @throws Error if tokens that the model cannot do without are missing in its vocabulary */
export function createModel(definition: ModelDefinition): SubwordModel {
  switch (definition.type) {
    case 'WordPiece':
      return wordPiece(definition);
    case 'BPE':
      return bytePairs(definition);
    case 'Unigram':
      return unigram(definition);
  }
}

function wordPiece(definition: Extract<ModelDefinition, { type: 'WordPiece' }>): SubwordModel {
  const model = new WordPiece(definition);
  const ids = model.tokens_to_ids;
  idOf(ids, definition.unk_token);
  return { kind: 'WordPiece', ids, encode: (word) => model.encode([word]).map((token) => idOf(ids, token)) };
}

function bytePairs(definition: Extract<ModelDefinition, { type: 'BPE' }>): SubwordModel {
  const model = new BPE(definition as ConstructorParameters<typeof BPE>[0]);
  const ids = model.tokens_to_ids;
  for (const [a, b] of model.merges) {
    for (const token of [a, b, a + b]) idOf(ids, token);
  }
  if (definition.unk_token != null) idOf(ids, definition.unk_token);
  return { kind: 'BPE', ids, encode: (word) => model._call([word]).map((token) => idOf(ids, token)) };
}

function unigram(definition: Extract<ModelDefinition, { type: 'Unigram' }>): SubwordModel {
  const { vocab, unk_id: unknown } = definition;
  if (unknown >= vocab.length) throw new Error(`model.unk_id ${unknown} is not in the vocabulary`);
  const model = new Unigram(definition, '');
  // The library lowers the score of a written-out <unk>; the reference does not.
  model.scores[unknown] = vocab[unknown][1];
  const ids = model.tokens_to_ids;
  return {
    kind: 'Unigram',
    ids,
    // Neighbouring unknown characters are one unknown token.
    encode: (word) =>
      model
        .tokenize(word)
        .map((token) => ids.get(token) ?? unknown)
        .filter((id, i, all) => id !== unknown || all[i - 1] !== unknown),
  };
}

function idOf(ids: ReadonlyMap<string, number>, token: string): number {
  const id = ids.get(token);
  if (id === undefined) throw new Error(`the token ${JSON.stringify(token)} is not in model.vocab`);
  return id;
}
