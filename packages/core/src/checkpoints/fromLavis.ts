/** A checkpoint of LAVIS or OpenAI into a folder of Hugging Face's layout. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { Blip2Error } from '../runtime';
import { writeFileAtomic } from './files';
import { configFromDisk, configToDisk, readJsonObject, type JsonObject } from './json';
import { FAMILIES, lavisConfig } from './lavisConfig';
import { EXTRAS, writeExtras } from './lavisExtras';
import { blockCount, recognise, withoutTower, type LavisKind, type Recognised } from './lavisLayout';
import { toHuggingFace, type StoredTensors } from './lavisTensors';
import { CONFIG, isModelFile, openModelFolder } from './modelFolder';
import { PytorchFile } from './pytorchFile';
import { replaceFiles } from './replaceFiles';
import { writeWeights } from './shards';
import { areEqual, storedIn } from './storedTensors';
import type { StoredTensor } from './writeSafetensors';

export interface FromLavisOptions {
  /** A config.json that says what shapes do not; sizes are read off the tensors otherwise. */
  config?: string;
  /** Of a checkpoint without its vision tower: `eva_vit_g.pth`, `clip_vit_L.pth` or a folder of a tower. */
  vision?: string;
  /** Of a checkpoint without its language model: the folder of OPT or T5. */
  language?: string;
  /** Bytes of a file of weights. */
  maxShardSize?: number;
  /** Is told of each tensor that was written. */
  onTensor?: (tensor: StoredTensor) => void;
}

export interface FromLavis {
  kind: LavisKind;
  /** Bytes of tensors, the extras included. */
  tensors: number;
  /** Names that the folder's model needs and has not: frozen towers, usually. */
  missing: string[];
  /** As of the config, in pixels. */
  imageSize: number | undefined;
  /** Does Python's transformers have a class for it? */
  isInTransformers: boolean;
  /** Names that are kept beside the model. */
  beside: string[];
}

/** Tied matrices that files hold twice: the second is dropped where it equals the first. */
const TIES = [
  ['Qformer.bert.embeddings.word_embeddings.weight', 'Qformer.cls.predictions.decoder.weight'],
  ['Qformer.cls.predictions.bias', 'Qformer.cls.predictions.decoder.bias'],
  ['opt_model.model.decoder.embed_tokens.weight', 'opt_model.lm_head.weight'],
  ['t5_model.shared.weight', 't5_model.encoder.embed_tokens.weight'],
  ['t5_model.shared.weight', 't5_model.decoder.embed_tokens.weight'],
];

/** Writes config.json, weights and what has no place among them. @throws Blip2Error naming the file or the tensor */
export function fromLavis(path: string, dir: string, options: FromLavisOptions = {}): FromLavis {
  const file = new PytorchFile(path);
  const original = new Map(file.names().map((name) => [name, storedIn(file, name)]));
  const aliases = tiesOf(original);
  const own = recognise(path, new Map([...original].filter(([name]) => !(name in aliases))));
  const whole = withTowers(own, options);
  const { kind, layout, tensors: source } = whole;
  const prefix = layout.vision === 'eva' ? 'visual_encoder.blocks.' : 'visual_encoder.transformer.resblocks.';
  // EVA's own file has one block more than are run.
  const blocks = blockCount(source, prefix) - (kind === 'eva' ? 1 : 0);
  const { tensors, rest } = toHuggingFace(source, layout, blocks || Infinity);
  const family = FAMILIES[kind];
  const fields = options.config
    ? configFromDisk(readJsonObject(options.config))
    : lavisConfig(whole, blocks, options.language ? languageConfig(options.language) : undefined);
  const config = family.readConfig(fields);
  const needed = family.build(config).parameters();
  const missing = Object.keys(needed).filter((name) => !tensors.has(name));
  const extras = new Map(
    [...rest].map(([name, tensor]) => [kind === 'eva' ? withoutTower(name) : name, tensor]),
  );
  const told = (all: StoredTensors) => new Map([...all].map(([name, one]) => [name, counted(one, options)]));
  const json = { modelType: family.modelType, ...family.writeConfig(config), dtype: 'float32' };
  replaceFiles(
    dir,
    (name) => isModelFile(name) || name === EXTRAS,
    (staging) => {
      writeWeights(staging, told(tensors), options.maxShardSize ?? 5e9);
      writeExtras(staging, { tensors: told(extras), names: { aliases, order: file.names() } });
      const text = JSON.stringify(configToDisk(json), null, 2);
      writeFileAtomic(join(staging, CONFIG), [`${text}\n`]);
    },
  );
  const vision = ((json as JsonObject).visionConfig ?? json) as JsonObject;
  return {
    ...{ kind, missing, tensors: tensors.size, beside: [...extras.keys()] },
    imageSize: vision.imageSize as number | undefined,
    isInTransformers: layout.vision === 'eva' || kind === 'clip' || kind === 'clip-vision',
  };
}

function tiesOf(tensors: StoredTensors): Record<string, string> {
  const tied = TIES.filter(([first, second]) => {
    const [a, b] = [tensors.get(first), tensors.get(second)];
    return a && b && areEqual(a, b);
  });
  return Object.fromEntries(tied.map(([first, second]) => [second, first]));
}

const counted = (tensor: StoredTensor, { onTensor }: FromLavisOptions): StoredTensor => ({
  ...tensor,
  bytes: () => {
    const bytes = tensor.bytes();
    onTensor?.(tensor);
    return bytes;
  },
});

/** Fills in towers that the checkpoint was saved without. */
function withTowers(own: Recognised, { vision, language }: FromLavisOptions): Recognised {
  const tensors = new Map(own.tensors);
  const add = (name: string, tensor: StoredTensor) => {
    if (!tensors.has(name)) tensors.set(name, tensor);
  };
  if (vision) for (const [name, tensor] of visionTower(vision, own)) add(name, tensor);
  if (language) {
    const folder = openModelFolder(language);
    const kind = own.layout.language;
    const family = FAMILIES.generation;
    const config = { modelType: 'blip-2', visionConfig: {}, qformerConfig: {}, textConfig: folder.config };
    const read = family.readConfig(config);
    for (const [name, file] of folder.tensors) {
      const known = family.parameterName!(`language_model.${name}`, read);
      if (known) add(known.replace('language_model', `${kind}_model`), storedIn(file, name));
    }
  }
  return { ...own, tensors };
}

function visionTower(path: string, own: Recognised): StoredTensors {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Blip2Error(`${path} is a folder; a vision tower is filled in from its file`, {
      hint: 'Give LAVIS’s eva_vit_g.pth or clip_vit_L.pth.',
      exitCode: 2,
    });
  }
  const file = new PytorchFile(path);
  const tower = recognise(path, new Map(file.names().map((name) => [name, storedIn(file, name)])));
  const isTower = tower.kind === 'eva' || tower.kind === 'clip-vision';
  if (!isTower || tower.layout.vision !== own.layout.vision) {
    throw new Blip2Error(`${path} is not the kind of tower that the checkpoint was trained behind`, {
      hint: 'ViT-g wants eva_vit_g.pth, ViT-L clip_vit_L.pth.',
      exitCode: 2,
    });
  }
  const prefix = tower.kind === 'eva' ? 'visual_encoder.blocks.' : 'visual_encoder.transformer.resblocks.';
  const used = blockCount(tower.tensors, prefix) - 1;
  return new Map(
    [...tower.tensors].filter(([name]) => {
      const block = name.startsWith(prefix) ? Number(/^\d+/.exec(name.slice(prefix.length))?.[0]) : 0;
      // The norm and head behind the last block are not BLIP-2's.
      return block < used && !/^visual_encoder\.(norm|fc_norm|head|ln_post|proj)\b/.test(name);
    }),
  );
}

function languageConfig(dir: string): JsonObject {
  return openModelFolder(dir).config;
}
