/** The Shapes world (see datasets/README.md) as a dataset, with the towers and the tokenizer shipped for it. */
import { join } from 'node:path';
import {
  judge,
  plainWords,
  readStatement,
  shapesDirectory,
  shapesWorld,
  type Example,
  type Placed,
  type ShapesOptions,
  type ShapesSettings,
  type ShapesWorld,
  type Statement,
} from '@blip2/datasets';
import { Blip2Error } from '../runtime';
import { sha256, type JsonObject } from '../checkpoints';
import type { ImageTextDataset, ImageTextSplit } from './dataset';

/** Shapes with everything a notebook may want of it: scenes, questions, swaps. */
export interface ShapesDataset extends ImageTextDataset {
  world: ShapesWorld;
  /** Folders of the frozen vision towers in both sizes, of which `visionDir` is the smaller. */
  visionDirs: Record<'ViT-L' | 'ViT-g', string>;
}

/** What is trained for Shapes and shipped with it: towers, and finished models. */
export type ShapesTower =
  'clip-l' | 'clip-g' | 'bert' | 'opt' | 'opt-small' | 't5' | 'captioner' | 'blip2-opt' | 'blip2-t5';

/** The folder of a shipped tower. */
export const shapesTower = (name: ShapesTower): string => join(shapesDirectory, name);

/** What pictures depend on. Captions do not, nor does how many there are: other captions, the same features. */
function pictureSettings({
  captions: _1,
  webNoise: _2,
  train: _3,
  validation: _4,
  test: _5,
  ...rest
}: ShapesSettings): JsonObject {
  return { ...rest };
}

function splitOf(world: ShapesWorld, name: 'train' | 'validation' | 'test'): ImageTextSplit {
  const examples = (): Example[] => world.splits[name];
  const { phrasing } = world.settings.captions;
  const isTrue = truthOf(phrasing ? plainWords : (text) => text);
  // Drawn once: whoever trains on pixels asks for each many times.
  const drawn: Uint8Array[] = [];
  const pixels = (index: number) => (drawn[index] ??= world.render(examples()[index]));
  return {
    name,
    get size() {
      return examples().length;
    },
    imageSize: world.imageSize,
    get identity() {
      // A picture stands for the code that drew it: if that changes, so does the key.
      return { world: 'shapes', split: name, ...pictureSettings(world.settings), first: sha256(pixels(0)) };
    },
    id: (index) => examples()[index].id,
    pixels,
    captions: (index) => examples()[index].captions,
    questions: (index) => examples()[index].questions,
    describes: (index, text) => isTrue(text, examples()[index].scene.objects),
    swaps: (index) => {
      const { captions, swaps } = examples()[index];
      return captions.map((caption, i) => ({ caption, swapped: swaps[i] }));
    },
  };
}

/**
 * Texts are held against many pictures each: read once.
 * @param plain what a text says in the plain words of captions
 */
function truthOf(plain: (text: string) => string): (text: string, objects: readonly Placed[]) => boolean {
  const statements = new Map<string, Statement | undefined>();
  return (text, objects) => {
    if (!statements.has(text)) statements.set(text, readStatement(plain(text)));
    const statement = statements.get(text);
    return statement !== undefined && judge(statement, objects).right;
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
  return {
    name: 'shapes',
    options: structuredClone(world.settings) as unknown as JsonObject,
    tokenizerDir: join(shapesDirectory, 'tokenizer'),
    visionDir: shapesTower('clip-l'),
    visionDirs: { 'ViT-L': shapesTower('clip-l'), 'ViT-g': shapesTower('clip-g') },
    bertDir: shapesTower('bert'),
    languageDirs: {
      opt: shapesTower('opt'),
      'opt-small': shapesTower('opt-small'),
      t5: shapesTower('t5'),
    },
    world,
    train: splitOf(world, 'train'),
    validation: splitOf(world, 'validation'),
    test: splitOf(world, 'test'),
  };
}
