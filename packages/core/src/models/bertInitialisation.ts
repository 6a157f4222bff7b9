/**
 * A Q-Former that starts as BERT (BLIP-2 section 3.1; LAVIS's init_Qformer): by name, with the queries' feed-forwards
 * as copies of the text's.
 */
import { Blip2Error, type HostTensor } from '../runtime';
import { bertName } from './bert';
import type { Blip2QformerConfig } from './blip2Qformer';

type HostTensors = Record<string, HostTensor>;

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
 * The parameters with BERT's values in place of the initial ones, wherever BERT has them. Rows that BERT's vocabulary
 * lacks ([DEC]) keep their initial values.
 *
 * @param initial the model's parameters (`ParameterStore.snapshot()`)
 * @param bert tensors of a BertForPreTraining or BertForMaskedLM, in any spelling that `BERT` understands
 * @throws Blip2Error naming what BERT lacks, or what does not fit
 */
export function initialiseFromBert(
  config: Blip2QformerConfig,
  initial: HostTensors,
  bert: HostTensors,
): HostTensors {
  const result = { ...initial };
  const sources = new Map(Object.entries(bert).map(([name, tensor]) => [bertName(name), tensor]));
  for (const [ours, theirs] of Object.entries(bertNames(config))) {
    const source = sources.get(theirs);
    if (!source) {
      throw new Blip2Error(`BERT's weights lack ${theirs}`, {
        hint: 'Use weights with the language head, such as bert-base-uncased.',
      });
    }
    result[ours] = overwriteRows(ours, initial[ours], theirs, source);
  }
  return result;
}

/** Only the vocabulary may be larger than BERT's. */
function overwriteRows(ours: string, target: HostTensor, theirs: string, source: HostTensor): HostTensor {
  const isVocabulary = ours === 'embeddings.word_embeddings.weight' || ours === 'cls.predictions.bias';
  const sameRow = `${target.shape.slice(1)}` === `${source.shape.slice(1)}`;
  const rowsFit = isVocabulary ? source.shape[0] <= target.shape[0] : source.shape[0] === target.shape[0];
  if (!sameRow || !rowsFit || source.shape.length !== target.shape.length) {
    throw new Blip2Error(
      `BERT's ${theirs} has the shape [${source.shape}], ${ours} wants [${target.shape}]`,
      {
        hint: 'The Q-Former must have the width, depth and vocabulary of the BERT that it starts from.',
      },
    );
  }
  const data = target.data.slice();
  data.set(source.data);
  return { shape: target.shape, data };
}
