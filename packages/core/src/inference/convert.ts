/** Checkpoints of LAVIS and OpenAI into folders of Hugging Face's layout, and back, with what else a folder needs. */
import { copyFileSync, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Blip2Error } from '../runtime';
import { CLIP_MEAN, CLIP_STD } from '../image';
import {
  fileError,
  fromLavis,
  toLavis,
  type FromLavis,
  type FromLavisOptions,
  type ToLavisOptions,
} from '../checkpoints';
import { writeImageProcessor } from './imageProcessor';

/** What a conversion is given besides the two places. */
export interface ConvertOptions extends FromLavisOptions, ToLavisOptions {
  /** A folder whose tokenizer is copied beside the model; that of `language` unless given. */
  tokenizer?: string;
}

/** What was converted, and what the user should know of it. */
export interface Conversion {
  from: string;
  to: string;
  /** `generation`, `retrieval`, or the tower that it is. */
  kind: string;
  tensors: number;
  notes: string[];
}

const TOKENIZER_FILES = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'vocab.json',
  'merges.txt',
  'vocab.txt',
  'spiece.model',
];

/** A checkpoint becomes a folder, a folder a checkpoint. @throws Blip2Error naming the file at fault */
export function convert(from: string, to: string, options: ConvertOptions = {}): Conversion {
  const stats = statSync(from, { throwIfNoEntry: false });
  if (!stats) {
    throw new Blip2Error(`There is no ${from}`, { hint: 'Give a .pth file or a folder.', exitCode: 2 });
  }
  return stats.isDirectory() ? toFile(from, to, options) : toFolder(from, to, options);
}

function toFolder(from: string, to: string, options: ConvertOptions): Conversion {
  const result = fromLavis(from, to, options);
  const { kind, tensors, imageSize } = result;
  const isModel = kind === 'generation' || kind === 'retrieval';
  if (isModel && imageSize) {
    writeImageProcessor(to, { size: imageSize, mean: [...CLIP_MEAN], std: [...CLIP_STD] });
  }
  const tokenizer = options.tokenizer ?? options.language;
  if (tokenizer) copyTokenizer(tokenizer, to);
  return {
    from,
    to,
    kind,
    tensors,
    notes: notesOf(result, isModel && !existsSync(join(to, 'tokenizer.json'))),
  };
}

function notesOf({ kind, missing, beside, isInTransformers }: FromLavis, lacksTokenizer: boolean): string[] {
  const notes: string[] = [];
  if (missing.some((name) => name.startsWith('vision_model.'))) {
    notes.push(
      'The checkpoint holds no vision tower: give it with --vision (eva_vit_g.pth or clip_vit_L.pth).',
    );
  }
  if (missing.some((name) => name.startsWith('language_model.'))) {
    notes.push('The checkpoint holds no language model: give its folder with --language.');
  }
  const others = missing.filter((name) => !/^(vision|language)_model\./.test(name));
  if (others.length > 0)
    notes.push(`Tensors that the model needs are missing: ${others.slice(0, 5).join(', ')}.`);
  if (!isInTransformers) {
    notes.push(
      'CLIP’s ViT in a BLIP-2 has no class in transformers: the folder is read here alone; LAVIS reads the .pth.',
    );
  }
  if (beside.length > 0) {
    notes.push(
      `${beside.length} tensors without a place in Hugging Face’s layout are kept in lavis.safetensors.`,
    );
  }
  if (kind === 'generation' || kind === 'retrieval') {
    notes.push(
      'The norm after the image has the epsilon 1e-5 here, as in LAVIS; transformers takes the tower’s 1e-6.',
    );
  }
  if (lacksTokenizer) notes.push('There is no tokenizer yet: give the folder of one with --tokenizer.');
  return notes;
}

function toFile(from: string, to: string, options: ConvertOptions): Conversion {
  const { kind, tensors, dropped, keyBiases } = toLavis(from, to, options);
  const notes: string[] = [];
  if (dropped.length > 0)
    notes.push(`LAVIS has no place for ${dropped.length} tensors: ${dropped.slice(0, 5).join(', ')}.`);
  if (keyBiases.length > 0) {
    notes.push(
      `${keyBiases.length} biases of keys were left out: LAVIS’s EVA has none, and they change no attention.`,
    );
  }
  return { from, to, kind, tensors, notes };
}

function copyTokenizer(from: string, dir: string): void {
  for (const name of TOKENIZER_FILES.filter((file) => existsSync(join(from, file)))) {
    try {
      copyFileSync(join(from, name), join(dir, name));
    } catch (cause) {
      throw fileError(cause, 'write', join(dir, name));
    }
  }
}
