/** The special tokens that belong before and after every text: `[CLS] … [SEP]`, `</s> …`, `… </s>`. */
import type { PostProcessorDefinition } from './definition';

export interface Affixes {
  prefix: number[];
  suffix: number[];
}

/** Of tokenizer.json's post-processor, which counts whatever `add_bos_token` says beside it. @throws Error if it has no place for the text */
export function affixesOf(definition: PostProcessorDefinition | null | undefined): Affixes {
  switch (definition?.type) {
    case undefined:
    case 'ByteLevel':
      return { prefix: [], suffix: [] };
    case 'BertProcessing':
    case 'RobertaProcessing':
      return { prefix: [definition.cls[1]], suffix: [definition.sep[1]] };
    case 'TemplateProcessing': {
      const { single, special_tokens } = definition;
      const place = single.findIndex((piece) => piece.Sequence);
      const idsOf = (pieces: typeof single) =>
        pieces.flatMap(({ SpecialToken: token }) => {
          if (!token) throw new Error('post_processor.single has the text more than once');
          if (!Object.hasOwn(special_tokens, token.id)) {
            throw new Error(`post_processor.special_tokens lacks ${JSON.stringify(token.id)}`);
          }
          return special_tokens[token.id].ids;
        });
      if (place < 0) throw new Error('post_processor.single has no place for the text');
      return { prefix: idsOf(single.slice(0, place)), suffix: idsOf(single.slice(place + 1)) };
    }
  }
}
