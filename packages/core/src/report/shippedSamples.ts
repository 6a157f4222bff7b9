/**
 * What the shipped BLIP-2s say of test pictures of Shapes, for the report: asked once, then kept in runs/cache under a
 * hash of their weights and of the pictures.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson, hashWeights, openModelFolder, sha256, writeFileAtomic } from '../checkpoints';
import { shapes, shapesTower } from '../data';
import { Blip2 } from '../inference';
import type { Sample } from './samples';
import { pictureOf, SAMPLE_PICTURES, shapesSamples } from './shapesSamples';

const MODELS = [
  { name: 'BLIP-2 with OPT', dir: shapesTower('blip2-opt') },
  { name: 'BLIP-2 with FlanT5', dir: shapesTower('blip2-t5') },
];

/** @throws Blip2Error if a shipped model is missing or damaged */
export async function shippedSamples(runsDir: string): Promise<Sample[]> {
  const data = shapes();
  const key = canonicalJson({
    models: MODELS.map(({ name, dir }) => [name, hashWeights(openModelFolder(dir))]),
    data: data.options,
    pictures: [data.test.identity, SAMPLE_PICTURES],
  });
  const file = join(runsDir, 'cache', `samples-${sha256(key).slice(0, 16)}.json`);
  if (!existsSync(file)) {
    // Pictures are drawn again in no time; the models take half a minute.
    const said = (await ask(data)).map((sample) => ({ ...sample, image: undefined }));
    writeFileAtomic(file, [JSON.stringify(said)]);
  }
  const said = JSON.parse(readFileSync(file, 'utf8')) as Omit<Sample, 'image'>[];
  return said.map((sample, i) => ({ ...sample, image: pictureOf(data.test, SAMPLE_PICTURES[i]) }));
}

async function ask(data: ReturnType<typeof shapes>): Promise<Sample[]> {
  const models: { name: string; model: Blip2 }[] = [];
  try {
    for (const { name, dir } of MODELS) models.push({ name, model: await Blip2.load(dir) });
    return await shapesSamples(data, models);
  } finally {
    for (const { model } of models) model.dispose();
  }
}
