/**
 * The tensors of LAVIS's and OpenAI's checkpoints in Hugging Face's layout, and back, bit for bit. Most have another name
 * only. EVA's biases of queries and values become one with zeros for the keys; CLIP's joint matrices of queries, keys and
 * values are parted; its projections are turned. What has no place is kept beside the model (lavisExtras.ts).
 */
import { Blip2Error } from '../runtime';
import { lavisNames, type Layout } from './lavisNames';
import { join, part, turned, zerosLike } from './storedTensors';
import type { StoredTensor } from './writeSafetensors';

export type StoredTensors = ReadonlyMap<string, StoredTensor>;

export interface Converted {
  /** Under the other side's names. */
  tensors: Map<string, StoredTensor>;
  /** Under their own: what has no place there. */
  rest: Map<string, StoredTensor>;
}

const QUERY_BIAS = /^(visual_encoder\.blocks\.(\d+)\.attn\.)q_bias$/;
const VALUE_BIAS = /^visual_encoder\.blocks\.\d+\.attn\.v_bias$/;
const JOINT = /^((?:visual|visual_encoder)\.)?transformer\.resblocks\.(\d+)\.attn\.in_proj_(weight|bias)$/;
const PARTS = ['q_proj', 'k_proj', 'v_proj'];
/** OpenAI multiplies from the other side. */
const TURNED: readonly (readonly [string, string])[] = [
  ['visual.proj', 'visual_projection.weight'],
  ['text_projection', 'text_projection.weight'],
];

/** @param blocks of the vision tower: those behind them are kept beside */
export function toHuggingFace(source: StoredTensors, layout: Layout, blocks = Infinity): Converted {
  const names = lavisNames(layout);
  /** Of the tower's blocks the last may not be run: what has no place is kept as it is. */
  const hasPlace = (name: string) => {
    const block = /^visual_encoder\.(?:blocks|transformer\.resblocks)\.(\d+)\./.exec(name)?.[1];
    return Number(block ?? -1) < blocks;
  };
  return converted(
    source,
    (name, tensor) => (hasPlace(name) ? hfTensors(name, tensor, source, layout) : undefined),
    (name) => (hasPlace(name) ? names.toHuggingFace(name) : undefined),
  );
}

/** Each tensor as what it becomes, or under its other name; `rest` are those that have neither. */
function converted(
  source: StoredTensors,
  becomes: (name: string, tensor: StoredTensor) => [string, StoredTensor][] | undefined,
  otherName: (name: string) => string | undefined,
): Converted {
  const tensors = new Map<string, StoredTensor>();
  const rest = new Map<string, StoredTensor>();
  for (const [name, tensor] of source) {
    const found = becomes(name, tensor);
    const other = otherName(name);
    if (found) for (const [own, value] of found) tensors.set(own, value);
    else if (other === undefined) rest.set(name, tensor);
    else tensors.set(other, tensor);
  }
  return { tensors, rest };
}

/** What is more than another name; undefined where it is not. */
function hfTensors(
  name: string,
  tensor: StoredTensor,
  source: StoredTensors,
  { isOpenAi, vision }: Layout,
): [string, StoredTensor][] | undefined {
  const bias = vision === 'eva' && QUERY_BIAS.exec(name);
  if (bias) {
    const values = source.get(`${bias[1]}v_bias`);
    if (values?.dtype !== tensor.dtype || `${values.shape}` !== `${tensor.shape}`) {
      throw new Blip2Error(`${name} has no v_bias of its kind beside it`, {
        hint: 'Copy or fetch the file again.',
      });
    }
    const joint = join([tensor, zerosLike(tensor), values]);
    return [[`vision_model.encoder.layers.${bias[2]}.self_attn.qkv.bias`, joint]];
  }
  if (vision === 'eva' && VALUE_BIAS.test(name)) return []; // with the queries'
  const parts = (isOpenAi || vision === 'clip') && JOINT.exec(name);
  if (parts) {
    const tower = parts[1] ? 'vision_model' : 'text_model';
    const at = `${tower}.encoder.layers.${parts[2]}.self_attn`;
    return PARTS.map((map, i) => [`${at}.${map}.${parts[3]}`, part(tensor, i, PARTS.length)]);
  }
  const other = isOpenAi && TURNED.find(([theirs]) => theirs === name);
  return other ? [[other[1], turned(tensor)]] : undefined;
}

/** `rest` are tensors for which LAVIS has no name. @throws Blip2Error if parts of a tensor are missing */
export function toLavis(source: StoredTensors, layout: Layout): Converted {
  const names = lavisNames(layout);
  return converted(
    source,
    (name, tensor) => lavisTensors(name, tensor, source, layout),
    (name) => names.toLavis(name),
  );
}

function lavisTensors(
  name: string,
  tensor: StoredTensor,
  source: StoredTensors,
  { isOpenAi, vision }: Layout,
): [string, StoredTensor][] | undefined {
  const bias = /^vision_model\.encoder\.layers\.(\d+)\.self_attn\.qkv\.bias$/.exec(name);
  if (bias && vision === 'eva') {
    const at = `visual_encoder.blocks.${bias[1]}.attn`;
    return [
      [`${at}.q_bias`, part(tensor, 0, 3)],
      [`${at}.v_bias`, part(tensor, 2, 3)],
    ];
  }
  const map = /^(vision|text)_model\.encoder\.layers\.(\d+)\.self_attn\.([qkv])_proj\.(weight|bias)$/.exec(
    name,
  );
  if (map && (isOpenAi || vision === 'clip')) {
    const [, tower, block, which, kind] = map;
    if (which !== 'q') return [];
    const all = PARTS.map((one) => {
      const other = `${tower}_model.encoder.layers.${block}.self_attn.${one}.${kind}`;
      const found = source.get(other);
      if (found?.dtype === tensor.dtype) return found;
      throw new Blip2Error(`${other} is missing, or of another type than ${name}`, {
        hint: 'Copy or fetch the folder again.',
      });
    });
    const prefix = isOpenAi ? (tower === 'vision' ? 'visual.' : '') : 'visual_encoder.';
    return [[`${prefix}transformer.resblocks.${block}.attn.in_proj_${kind}`, join(all)]];
  }
  const other = isOpenAi && TURNED.find(([, ours]) => ours === name);
  return other ? [[other[0], turned(tensor)]] : undefined;
}

/** Names of biases of keys that are not zero: LAVIS's EVA has none. They change no attention, whatever they are. */
export function keyBiases(source: StoredTensors): string[] {
  return [...source]
    .filter(([name]) => /^vision_model\.encoder\.layers\.\d+\.self_attn\.qkv\.bias$/.test(name))
    .filter(([, tensor]) =>
      part(tensor, 1, 3)
        .bytes()
        .some((byte) => byte !== 0),
    )
    .map(([name]) => name);
}
