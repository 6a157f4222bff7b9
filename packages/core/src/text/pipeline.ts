/** From text to token ids and from ids to tokens, as tokenizer.json describes it, but for what comes before and after. */
import { sectionsAt, type AddedToken } from './addedTokens';
import type { TokenizerDefinition } from './definition';
import { createNormalizer, type Normalizer } from './normalizer';
import { createPreTokenizer, type PreTokenizer } from './preTokenizer';
import { createModel, type SubwordModel } from './subwords';
import { replaceLoneSurrogates } from './unicode';

export interface Pipeline {
  kind: SubwordModel['kind'];
  /** How many tokens there are, added ones included. */
  size: number;
  id(token: string): number | undefined;
  /** A token as the decoder expects it. */
  token(id: number): string | undefined;
  isSpecial(token: string): boolean;
  /** Ids of a text, without the special tokens before and after it. */
  encode(text: string): number[];
}

/** @throws Error that says what the definition lacks */
export function createPipeline(definition: TokenizerDefinition): Pipeline {
  const model = createModel(definition.model);
  const normalize: Normalizer = definition.normalizer
    ? createNormalizer(definition.normalizer)
    : (text) => text;
  const preTokenize: PreTokenizer = definition.pre_tokenizer
    ? createPreTokenizer(definition.pre_tokenizer)
    : (word) => [word];
  const added = addedTokens(definition, model, normalize);
  const tokens = new Map([...model.ids].map(([token, id]) => [id, token]));
  for (const { id, pattern } of added.values()) tokens.set(id, pattern);
  const special = new Set([...added.values()].filter((token) => token.special).map(({ content }) => content));
  const sections = sectionsAt([...added.values()].filter(({ normalized }) => !normalized));
  const normalizedSections = sectionsAt([...added.values()].filter(({ normalized }) => normalized));

  const encode = (text: string) => {
    const ids: number[] = [];
    for (const { token, text: raw, start } of sections(replaceLoneSurrogates(text))) {
      if (token) ids.push(token.id);
      else {
        for (const { token, text, start: offset } of normalizedSections(normalize(raw))) {
          if (token) ids.push(token.id);
          else {
            for (const word of preTokenize({ text, first: start + offset === 0 })) {
              for (const id of model.encode(word.text)) ids.push(id);
            }
          }
        }
      }
    }
    return ids;
  };

  return {
    kind: model.kind,
    size: tokens.size,
    id: (token) => added.get(token)?.id ?? model.ids.get(token),
    token: (id) => tokens.get(id),
    isSpecial: (token) => special.has(token),
    encode,
  };
}

/** A token that the model has keeps its id there; the others are numbered on, whatever the file says: so does Python. */
function addedTokens(
  { added_tokens }: TokenizerDefinition,
  model: SubwordModel,
  normalize: Normalizer,
): Map<string, AddedToken> {
  const added = new Map<string, AddedToken>();
  let next = model.ids.size;
  for (const token of added_tokens) {
    if (token.content === '') continue;
    const id = added.get(token.content)?.id ?? model.ids.get(token.content) ?? next++;
    const pattern = token.normalized ? normalize(token.content) : token.content;
    added.set(token.content, { ...token, id, pattern });
  }
  return added;
}
