/** BLIP-2 of random weights, as small as it gets, in folders as the hub has them. */
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shapesDirectory } from '@blip2/datasets';
import { configFromDisk, savePretrained, type JsonObject } from '../../../packages/core/src/checkpoints';
import { writeImageProcessor } from '../../../packages/core/src/inference';
import { BLIP2, BLIP2_RETRIEVAL, type Family } from '../../../packages/core/src/models';
import { ParameterStore, type ParameterSpecs } from '../../../packages/core/src/runtime';

type Built = { parameters(): ParameterSpecs };
const KINDS = {
  opt: { fixture: 'opt-new', family: BLIP2 as Family<unknown, Built>, tokenizer: 'tokenizer-opt' },
  t5: { fixture: 't5-new', family: BLIP2 as Family<unknown, Built>, tokenizer: 'tokenizer-t5' },
  itm: { fixture: 'itm-new', family: BLIP2_RETRIEVAL as Family<unknown, Built>, tokenizer: 'tokenizer' },
};

/** Writes a model to a folder: the shapes of test/fixtures/folders, with room for long captions. */
export function writeModel(kind: keyof typeof KINDS, dir: string, seed = 0): string {
  const { fixture, family, tokenizer } = KINDS[kind];
  const from = join(import.meta.dirname, '..', '..', 'fixtures', 'folders', fixture, 'config.json');
  const json = configFromDisk(JSON.parse(readFileSync(from, 'utf8')) as JsonObject) as Record<
    string,
    JsonObject
  >;
  if (kind === 'opt') json.textConfig = { ...json.textConfig, maxPositionEmbeddings: 160 };
  if (kind === 'itm') json.qformerConfig = { ...json.qformerConfig, maxPositionEmbeddings: 64 };
  const config = family.readConfig(json);
  const parameters = ParameterStore.create(family.build(config).parameters(), seed);
  savePretrained(dir, family, config, parameters);
  parameters.dispose();
  const size = Number(json.visionConfig.imageSize);
  const [mean, std] = [
    [0.5, 0.5, 0.5],
    [0.3, 0.3, 0.3],
  ] as [[number, number, number], [number, number, number]];
  writeImageProcessor(dir, { size, mean, std });
  cpSync(join(shapesDirectory, tokenizer), dir, { recursive: true });
  return dir;
}
