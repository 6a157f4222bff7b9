/**
 * Many pairs in one pass of the Q-Former for the sake of their queries alone, as ITM's score wants it: `encodePair` but for
 * the rows that no query depends on, and for those that are the same in all pairs.
 *
 * - Dense layers get one matrix of rows in which no text is padded. Attention alone sees texts of one length: what it reads
 *   is gathered from the rows, and what it gives is gathered back.
 * - Queries, keys and values of the first block's queries are the same in every pair.
 * - In the last block texts are read, and end there.
 *
 * N pairs, Q queries, T longest text, S = Q + T, R rows of text, D width. Rows come as [1, rows, D]: the queries of all
 * pairs, pair by pair, then the texts'.
 */
import { gatherRows, tf, type Tensor } from '../runtime';
import { addNorm, embed, layerNorm, paddingBias, projectMaps, rowAttention, type Weights } from '../nn';
import type { Blip2QformerConfig } from './blip2Qformer';
import { crossAttention, feedForward, type ImageMemory } from './qformer';
import type { QformerConfig } from './qformerConfig';

/** Texts one after the other, without padding between them. (An interface would be no TensorTree.) */
export type PackedTexts = {
  /** Of all tokens: int32 [R]. There may be more than the texts have; nobody reads those. */
  ids: Tensor;
  /** Where each token would stand were the texts padded: pair · T + place, int32 [R]. */
  places: Tensor;
  /** The tokens of each pair, by their number in `ids`; −1 after its last: int32 [N, T]. */
  tokens: Tensor;
};

/** What a block gathers, and who asks in it. */
interface Seating {
  /** Places of the rows that ask: int32 [N, S], in the last block [N, Q]. */
  asking: Tensor;
  /** Places of the rows that are read: int32 [N, S]. */
  read: Tensor;
  /** Of what was read, the place of each row that asked: int32 [rows]. */
  back: Tensor;
}

/** The queries of each pair after the last block, text n beside image n, or texts image by image: [N, Q, D]. */
export function encodePackedPairs(
  w: Weights,
  { qformer: config }: Blip2QformerConfig,
  image: ImageMemory,
  texts: PackedTexts,
): Tensor {
  const { numQueryTokens: Q, hiddenSize, numHiddenLayers } = config;
  const pairs = texts.tokens.shape[0];
  const embedded = layerNorm(
    w.scope('qformer.layernorm'),
    tf.concat([w.get('query_tokens'), embedTokens(w, texts)], 1),
    config.layerNormEps,
  ); // [1, Q + R, D]: the queries once
  const [once, words] = tf.split(embedded, [Q, texts.ids.shape[0]], 1);
  const ofPairs = (rows: Tensor) => rows.reshape([pairs, Q, hiddenSize]);
  let queries = tf.zeros([pairs, 1, 1]).add(once); // [N, Q, D]
  let text: Tensor = words; // [1, R, D]
  const seatings = seatingsOf(config, texts);
  const bias = paddingBias(tf.concat([tf.ones([pairs, Q], 'int32'), isToken(texts)], 1)); // [N, 1, 1, S]
  for (let i = 0; i < numHiddenLayers; i++) {
    const layer = w.scope(`qformer.encoder.layer.${i}`);
    const [isFirst, isLast] = [i === 0, i === numHiddenLayers - 1];
    const asking = tf.reshape(queries, [1, pairs * Q, hiddenSize]);
    const all = tf.concat([asking, text], 1); // [1, N · Q + R, D]
    const read = isFirst ? embedded : all;
    const rows = { read, asking: isLast && !isFirst ? asking : read };
    const context = attend(layer, config, rows, seatings(isFirst, isLast), bias);
    const after = addNorm(layer.scope('attention.output'), config, context, isLast ? asking : all);
    const [own, others] = isLast ? [after] : tf.split(after, [pairs * Q, texts.ids.shape[0]], 1);
    const informed = image[i] ? crossAttention(layer, config, ofPairs(own), image[i], {}).rows : ofPairs(own);
    queries = feedForward(layer, '_query', config, informed);
    if (others) text = feedForward(layer, '', config, others);
  }
  return queries;
}

/** [1, R, D] */
function embedTokens(w: Weights, { ids, places, tokens }: PackedTexts): Tensor {
  const words = embed(w.scope('embeddings.word_embeddings'), ids);
  const longest = tf.scalar(tokens.shape[1]!, 'int32');
  const positions = gatherRows(w.get('embeddings.position_embeddings.weight'), tf.mod(places, longest));
  return words.add(positions).expandDims(0);
}

/** 1 where there is a token: int32 [N, T]. */
const isToken = ({ tokens }: PackedTexts): Tensor => tf.greaterEqual(tokens, tf.scalar(0, 'int32')).toInt();

/** What rows that ask [1, rows, D] find in those that are read: [1, rows, D], heads joined. */
function attend(
  w: Weights,
  { numAttentionHeads: heads, hiddenSize }: QformerConfig,
  rows: { asking: Tensor; read: Tensor },
  places: Seating,
  bias: Tensor,
): Tensor {
  const maps = w.scope('attention.attention');
  const mapped = (names: string[], x: Tensor, where: Tensor): Tensor => {
    const layers = names.map((name) => maps.scope(name));
    return gatherRows(projectMaps(layers, x).squeeze([0]), where); // [N, S, maps · D]
  };
  const query = mapped(['query'], rows.asking, places.asking);
  const memory = mapped(['key', 'value'], rows.read, places.read);
  const context = rowAttention(query, memory, heads, { bias }); // [N, S, D]
  return gatherRows(context.reshape([-1, hiddenSize]), places.back).expandDims(0);
}

/** The places that blocks gather from, by whether they are the first and the last. */
function seatingsOf(
  { numQueryTokens: Q }: QformerConfig,
  texts: PackedTexts,
): (isFirst: boolean, isLast: boolean) => Seating {
  const [pairs, longest] = texts.tokens.shape as [number, number];
  const int = (value: number) => tf.scalar(value, 'int32');
  const count = (end: number) => tf.range(0, end, 1, 'int32');
  const pair = count(pairs).reshape([pairs, 1]);
  const token = tf.maximum(texts.tokens, int(0)); // after a text's end any will do

  /** Of what was read [N, width, D], row `place` of pair `of`: [rows]. */
  const joined = (of: Tensor, place: Tensor, width: number) => of.mul(int(width)).add(place).reshape([-1]);

  const make = (isFirst: boolean, isLast: boolean): Seating => {
    const own = (isFirst ? pair.mul(int(0)) : pair.mul(int(Q))).add(count(Q)); // [N, Q]
    const all = tf.concat([own, token.add(int(isFirst ? Q : pairs * Q))], 1); // [N, S]
    const width = isLast ? Q : Q + longest;
    const queries = joined(pair, count(Q), width);
    const [of, place] = [texts.places.floorDiv(int(longest)), tf.mod(texts.places, int(longest))];
    return {
      asking: isLast ? own : all,
      read: all,
      back: isLast ? queries : tf.concat([queries, joined(of, place.add(int(Q)), width)], 0),
    };
  };
  const made = new Map<string, Seating>();
  return (isFirst, isLast) => {
    const known = made.get(`${isFirst} ${isLast}`) ?? make(isFirst, isLast);
    made.set(`${isFirst} ${isLast}`, known);
    return known;
  };
}
