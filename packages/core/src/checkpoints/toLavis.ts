/** A folder of Hugging Face's layout into a checkpoint as LAVIS and OpenAI have them. */
import { Blip2Error } from '../runtime';
import { isRetrieval } from '../models';
import { readExtras } from './lavisExtras';
import { withoutTower, type LavisKind } from './lavisLayout';
import type { Layout } from './lavisNames';
import { keyBiases, toLavis as rename } from './lavisTensors';
import { openModelFolder, type ModelFolder } from './modelFolder';
import { excerpt } from './problems';
import { writePytorch } from './pytorchWriter';
import { storedIn } from './storedTensors';
import type { JsonObject } from './json';
import type { StoredTensor } from './writeSafetensors';

export interface ToLavisOptions {
  /** Without the frozen towers, as LAVIS saves what it trained. */
  withoutTowers?: boolean;
  /** Is told of each tensor that was written. */
  onTensor?: (tensor: StoredTensor) => void;
}

export interface ToLavis {
  kind: LavisKind;
  tensors: number;
  /** Tensors that LAVIS has no name for, which were left out. */
  dropped: string[];
  /** Biases of keys that were not zero; LAVIS's EVA has none, and they change no attention. */
  keyBiases: string[];
}

/** Writes one file. @throws Blip2Error naming the file or the tensor */
export function toLavis(
  dir: string,
  path: string,
  { withoutTowers, onTensor }: ToLavisOptions = {},
): ToLavis {
  const folder = openModelFolder(dir);
  if (folder.problems.length > 0) {
    throw new Blip2Error(`${dir} is not whole: ${folder.problems[0]}`, {
      hint: 'Copy or fetch the folder again.',
    });
  }
  const { kind, layout } = kindOf(folder);
  const source = new Map([...folder.tensors].map(([name, file]) => [name, storedIn(file, name)]));
  const { tensors: named, rest } = rename(source, layout);
  const extras = readExtras(dir);
  const isAlone = kind === 'eva' || kind === 'clip-vision';
  const isTower = (name: string) => /^(visual_encoder|opt_model|t5_model)\./.test(name) && !isAlone;
  const all = [...named, ...extras.tensors]
    .filter(([name]) => !(withoutTowers && isTower(name)))
    .map(([name, tensor]) => [isAlone ? withoutTower(name) : name, told(tensor, onTensor)] as const);
  const tensors = new Map(all);
  const aliases = new Map(Object.entries(extras.names.aliases).filter(([, of]) => tensors.has(of)));
  const there = (name: string) => tensors.has(name) || aliases.has(name);
  const order = [...new Set([...extras.names.order.filter(there), ...tensors.keys(), ...aliases.keys()])];
  writePytorch(path, tensors, aliases, order, kind !== 'eva' && kind !== 'clip-vision' && kind !== 'clip');
  folder.assertUnchanged();
  return {
    ...{ kind, tensors: order.length },
    // A head that is tied is under its other name.
    dropped: [...rest.keys()],
    keyBiases: layout.vision === 'eva' ? keyBiases(source) : [],
  };
}

const told = (tensor: StoredTensor, onTensor?: (tensor: StoredTensor) => void): StoredTensor => ({
  ...tensor,
  bytes: () => {
    onTensor?.(tensor);
    return tensor.bytes();
  },
});

function kindOf({ dir, config }: ModelFolder): { kind: LavisKind; layout: Layout } {
  const vision = (config.visionConfig ?? {}) as JsonObject;
  const text = (config.textConfig ?? {}) as JsonObject;
  const isClip = vision.modelType === 'clip_vision_model';
  const layout = {
    vision: isClip ? ('clip' as const) : ('eva' as const),
    language: text.modelType === 't5' ? ('t5' as const) : ('opt' as const),
    isOpenAi: false,
  };
  if (config.modelType === 'blip-2')
    return { kind: isRetrieval(config) ? 'retrieval' : 'generation', layout };
  if (config.modelType === 'blip_2_vision_model') return { kind: 'eva', layout };
  if (config.modelType === 'clip_vision_model')
    return { kind: 'clip-vision', layout: { ...layout, vision: 'clip' } };
  if (config.modelType === 'clip')
    return { kind: 'clip', layout: { ...layout, vision: 'clip', isOpenAi: true } };
  throw new Blip2Error(`${dir} holds a ${excerpt(config.modelType)}, for which LAVIS has no layout`, {
    hint: 'A BLIP-2, an EVA or CLIP vision tower, or a CLIP can be written.',
    exitCode: 2,
  });
}
