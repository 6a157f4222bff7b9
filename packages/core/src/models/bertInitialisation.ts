/**
 * A Q-Former that starts as BERT (BLIP-2 section 3.1; LAVIS's init_Qformer): by name, with the queries' feed-forwards
 * as copies of the text's.
 */
import { Blip2Error, copied, tf, type ParameterStore, type Tensor } from '../runtime';
import { bertName } from './bert';
import type { Blip2QformerConfig } from './blip2Qformer';

/** Our names that come from BERT → BERT's. Cross-attention, queries, projections and `ln_vision` have no source. */
export function bertNames({ qformer }: Blip2QformerConfig): Record<string, string> {
  const names: Record<string, string> = {
    'embeddings.word_embeddings.weight': 'bert.embeddings.word_embeddings.weight',
    'embeddings.position_embeddings.weight': 'bert.embeddings.position_embeddings.weight',
    'cls.predictions.bias': 'cls.predictions.bias',
  };
  const add = (ours: string, theirs: string) => {
    for (const part of ['weight', 'bias']) names[`${ours}.${part}`] = `${theirs}.${part}`;
  };
  add('qformer.layernorm', 'bert.embeddings.LayerNorm');
  add('cls.predictions.transform.dense', 'cls.predictions.transform.dense');
  add('cls.predictions.transform.LayerNorm', 'cls.predictions.transform.LayerNorm');
  for (let i = 0; i < qformer.numHiddenLayers; i++) {
    const ours = `qformer.encoder.layer.${i}`;
    const theirs = `bert.encoder.layer.${i}`;
    for (const map of ['query', 'key', 'value']) {
      add(`${ours}.attention.attention.${map}`, `${theirs}.attention.self.${map}`);
    }
    for (const layer of ['dense', 'LayerNorm']) {
      add(`${ours}.attention.output.${layer}`, `${theirs}.attention.output.${layer}`);
    }
    for (const suffix of ['', '_query']) {
      add(`${ours}.intermediate${suffix}.dense`, `${theirs}.intermediate.dense`);
      add(`${ours}.output${suffix}.dense`, `${theirs}.output.dense`);
      add(`${ours}.output${suffix}.LayerNorm`, `${theirs}.output.LayerNorm`);
    }
  }
  return names;
}

/**
 * Gives parameters BERT's values wherever it has them. Rows that BERT's vocabulary lacks ([DEC]) keep their values, positions
 * beyond the model's own are left out. On the device, one parameter at a time: nothing is held twice.
 *
 * @param bert tensors of a BertForPreTraining or BertForMaskedLM, in any spelling that `BERT` understands
 * @throws Blip2Error naming what BERT lacks, or what does not fit
 */
export function initialiseFromBert(
  config: Blip2QformerConfig,
  parameters: ParameterStore,
  bert: Record<string, Tensor>,
): void {
  const sources = new Map(Object.entries(bert).map(([name, tensor]) => [bertName(name), tensor]));
  for (const [ours, theirs] of Object.entries(bertNames(config))) {
    const source = sources.get(theirs);
    if (!source) {
      throw new Blip2Error(`BERT's weights lack ${theirs}`, {
        hint: 'Use weights with the language head, such as bert-base-uncased.',
      });
    }
    tf.tidy(() => parameters.assign(ours, overwriteRows(ours, parameters.read(ours), theirs, source)));
  }
}

const isVocabulary = (name: string): boolean =>
  name === 'embeddings.word_embeddings.weight' || name === 'cls.predictions.bias';
const isPositions = (name: string): boolean => name === 'embeddings.position_embeddings.weight';

/** Only the vocabulary may be larger than BERT's, only positions fewer. */
function overwriteRows(ours: string, target: Tensor, theirs: string, source: Tensor): Tensor {
  const [own, given] = [target.shape[0], source.shape[0]];
  const sameRow = `${target.shape.slice(1)}` === `${source.shape.slice(1)}`;
  const rowsFit = own === given || (isVocabulary(ours) && given < own) || (isPositions(ours) && given > own);
  if (!sameRow || !rowsFit || source.rank !== target.rank) {
    throw new Blip2Error(
      `BERT's ${theirs} has the shape [${source.shape}], ${ours} wants [${target.shape}]`,
      {
        hint: 'The Q-Former must have the width, depth and vocabulary of the BERT that it starts from.',
      },
    );
  }
  const first = tf.slice(source, 0, Math.min(own, given));
  return given < own ? tf.concat([first, tf.slice(target, given)]) : copied(first);
}
