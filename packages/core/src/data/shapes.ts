/** The Shapes world (see datasets/README.md) as a dataset, with the towers and the tokenizer shipped for it. */
import { dirname, join } from 'node:path';
import { shapesWorld, type Example, type ShapesOptions, type ShapesWorld } from '@blip2/datasets';
import { Blip2Error } from '../runtime';
import type { JsonObject } from '../checkpoints';
import type { ImageTextDataset, ImageTextSplit } from './dataset';

/** Shapes with everything a notebook may want of it: scenes, questions, swaps. */
export interface ShapesDataset extends ImageTextDataset {
  world: ShapesWorld;
}

/** The folder of what is shipped for Shapes. */
export function shapesFolder(): string {
  return join(dirname(require.resolve('@blip2/datasets/package.json')), 'shapes');
}

function splitOf(
  world: ShapesWorld,
  name: 'train' | 'validation' | 'test',
  options: JsonObject,
): ImageTextSplit {
  const examples = (): Example[] => world.splits[name];
  return {
    name,
    get size() {
      return examples().length;
    },
    imageSize: world.imageSize,
    identity: { world: 'shapes', options, split: name },
    id: (index) => examples()[index].id,
    pixels: (index) => world.render(examples()[index]),
    captions: (index) => examples()[index].captions,
  };
}

/**
 * The Shapes world: the same options give the same pictures and captions on every machine.
 * @throws Blip2Error naming an option that is unknown or out of range
 */
export function shapes(options: ShapesOptions = {}): ShapesDataset {
  let world: ShapesWorld;
  try {
    world = shapesWorld(options);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new Blip2Error(cause.message, { cause, exitCode: 2 });
  }
  const json = structuredClone(options) as JsonObject;
  return {
    name: 'shapes',
    options: json,
    tokenizerDir: join(shapesFolder(), 'tokenizer'),
    visionDir: join(shapesFolder(), 'clip'),
    world,
    train: splitOf(world, 'train', json),
    validation: splitOf(world, 'validation', json),
    test: splitOf(world, 'test', json),
  };
}
