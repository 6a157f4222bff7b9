/**
 * What pre-training at the paper's sizes stands on, with random weights: towers, a BERT, its tokenizer, a language model
 * each in a folder. To see that a machine can do it, before anything is downloaded; what is learned is nothing.
 *
 *     npx tsx bench/paperShapes.ts DIR [vit-l|vit-g|bert|tokenizer|opt-125m|opt-2.7b|flan-t5-small|flan-t5-xl]...
 *
 * Unless named: vit-l, bert, tokenizer, opt-125m, flan-t5-small (1.6 GB together). Of folders that exist none is written.
 */
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shapesDirectory } from '@blip2/datasets';
import {
  BERT,
  CLIP_VISION,
  CLIP_VIT_L,
  EVA_VISION,
  EVA_VIT_G,
  FLAN_T5_SMALL,
  FLAN_T5_XL,
  OPT,
  OPT_125M,
  OPT_2_7B,
  T5,
  type Family,
  type OptConfig,
  type T5Config,
} from '../packages/core/src/models';
import type { ParameterSpecs } from '../packages/core/src/runtime';
import { writeRandomFolder } from './randomFolder';

/** Of BERT, before `[DEC]` is added. */
const WORDS = 30_522;
const USUAL = ['vit-l', 'bert', 'tokenizer', 'opt-125m', 'flan-t5-small'];

type Buildable<C> = Family<C, { parameters(): ParameterSpecs }>;

function writeModel<C>(dir: string, family: Buildable<C>, config: C, tokenizer: string): void {
  const model = { config: family.writeConfig(config), specs: family.build(config).parameters() };
  writeRandomFolder(dir, { ...model, tokenizer, imageSize: 224 }, 'F16');
}

const opt = (config: OptConfig) => (dir: string) =>
  writeModel(dir, OPT, { ...config, eosTokenId: 50_118 }, 'tokenizer-opt');
const t5 = (config: T5Config) => (dir: string) =>
  writeModel(dir, T5, { ...config, denseActFn: 'gelu' }, 'tokenizer-t5');

const PARTS: Record<string, (dir: string) => void> = {
  // BLIP-2 runs all blocks but CLIP's last, and a frozen tower needs none of its own tokenizer.
  'vit-l': (dir) => writeModel(dir, CLIP_VISION, { ...CLIP_VIT_L, visionFeatureLayer: -2 }, 'tokenizer'),
  'vit-g': (dir) => writeModel(dir, EVA_VISION, { ...EVA_VIT_G, visionFeatureLayer: -1 }, 'tokenizer'),
  bert: (dir) => writeModel(dir, BERT, BERT.readConfig({}), 'tokenizer'),
  tokenizer: writeTokenizer,
  'opt-125m': opt(OPT_125M),
  'opt-2.7b': opt(OPT_2_7B),
  'flan-t5-small': t5(FLAN_T5_SMALL),
  'flan-t5-xl': t5(FLAN_T5_XL),
};

interface Definition {
  added_tokens: { content: string }[];
  model: { vocab: Record<string, number> };
}

/** The words of Shapes, single letters among them, and as many more that are never met as make up BERT's number. */
function writeTokenizer(dir: string): void {
  cpSync(join(shapesDirectory, 'tokenizer'), dir, { recursive: true });
  const file = join(dir, 'tokenizer.json');
  const definition = JSON.parse(readFileSync(file, 'utf8')) as Definition;
  const known = Object.keys(definition.model.vocab).filter((word) => word !== '[DEC]');
  const more = Array.from({ length: WORDS - known.length }, (_, i) => `[unused${i}]`);
  const { vocab } = definition.model;
  const sorted = known.sort((a, b) => vocab[a] - vocab[b]);
  definition.model.vocab = Object.fromEntries([...sorted, ...more].map((word, id) => [word, id]));
  definition.added_tokens = definition.added_tokens.filter(({ content }) => content !== '[DEC]');
  writeFileSync(file, JSON.stringify(definition));
}

function main([dir, ...names]: string[]): void {
  if (dir === undefined) throw new Error('usage: npx tsx bench/paperShapes.ts DIR [part]...');
  for (const name of names.length > 0 ? names : USUAL) {
    const to = join(dir, name);
    if (existsSync(to)) console.error(`${to} is there already`);
    else {
      PARTS[name](to);
      console.log(to);
    }
  }
}

main(process.argv.slice(2));
