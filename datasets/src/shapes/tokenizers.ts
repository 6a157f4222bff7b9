/** The tokenizers of the Shapes world: one of each kind, trained on what every setting of the world can say. */
import { bertTokenizer } from '../bertTokenizer';
import { trainBytePairs } from '../bytePairs';
import { optTokenizer } from '../optTokenizer';
import { t5Tokenizer } from '../t5Tokenizer';
import { type TokenizerFiles } from '../tokenizerFiles';
import { trainUnigram } from '../unigram';
import { trainWordPiece } from '../wordpiece';
import { shapesPrompts, shapesTexts } from './texts';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789.,:;!?\'"-()/';
const CAPITALS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const SCENES = 2_000;
/** T5 has 100. */
const SENTINELS = 10;

/** By the folder of `shapes/` that they are shipped in. */
export type ShapesTokenizers = Record<'tokenizer' | 'tokenizer-opt' | 'tokenizer-t5', TokenizerFiles>;

/** Every word of the world becomes one piece, every other word is split into known ones. */
export function trainShapesTokenizers(): ShapesTokenizers {
  const prompts = shapesPrompts(SCENES);
  return {
    tokenizer: bertTokenizer(trainWordPiece(shapesTexts(SCENES), ALPHABET, 300)),
    'tokenizer-opt': optTokenizer(trainBytePairs(prompts, 500)),
    'tokenizer-t5': t5Tokenizer(trainUnigram(prompts, ALPHABET + CAPITALS, 150), SENTINELS),
  };
}
