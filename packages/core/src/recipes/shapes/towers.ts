/**
 * All that is trained for Shapes and shipped in datasets/shapes, made again by
 *
 *   node scripts/towers.mjs [NAME...]
 *
 * Each is a training run like any other: what was interrupted goes on, what is finished is taken as it is.
 * `towers.json` says what each folder was made by, and the hash of its weights.
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { shapesDirectory } from '@blip2/datasets';
import { Blip2Error } from '../../runtime';
import { readJsonObject, sha256File, writeFileAtomic } from '../../checkpoints';
import { shapes, type ShapesTower } from '../../data';
import { readRunFolder, recordOf, type Recipe, type Run, type TrainOptions } from '../../train';
import { makeShapesBert, shapesBert } from './bert';
import { makeShapesCaptioner, shapesCaptioner } from './captioner';
import { makeShapesClip, shapesClip, type ShapesClipSize } from './clip';
import { makeShapesBlip2, type FinishedLanguage } from './finished';
import { makeShapesLanguage, shapesLanguage, type ShapesLanguageKind } from './language';

/** The frozen ones, in the order in which they are made. */
export const SHAPES_TOWERS = ['clip-l', 'clip-g', 'bert', 'opt', 'opt-small', 't5', 'captioner'] as const;
type FrozenTower = (typeof SHAPES_TOWERS)[number];

/** Everything: the towers, and what stands on them. */
export const SHIPPED: readonly ShapesTower[] = [...SHAPES_TOWERS, 'blip2-opt', 'blip2-t5'];

type Options = Pick<TrainOptions, 'runsDir' | 'signal' | 'progress'>;

interface Making {
  /** By which it is made; of a finished model the run of stage 1 would have to be there. */
  recipe?: () => Recipe;
  /** @param out the folder in which the towers' folders are */
  make: (dir: string, options: Options, out: string) => Promise<Run>;
}

const clip = (size: ShapesClipSize): Making => ({
  recipe: () => shapesClip(shapes(), size),
  make: (dir, options) => makeShapesClip(dir, { size, ...options }),
});
const language = (kind: ShapesLanguageKind): Making => ({
  recipe: () => shapesLanguage(kind),
  make: (dir, options) => makeShapesLanguage(dir, kind, options),
});
const finished = (kind: FinishedLanguage): Making => ({
  make: (dir, options, out) => makeShapesBlip2(dir, kind, out, options),
});
const MAKINGS: Record<ShapesTower, Making> = {
  'clip-l': clip('l'),
  'clip-g': clip('g'),
  bert: { recipe: shapesBert, make: makeShapesBert },
  opt: language('opt'),
  'opt-small': language('opt-small'),
  t5: language('t5'),
  captioner: { recipe: () => shapesCaptioner(), make: makeShapesCaptioner },
  'blip2-opt': finished('opt'),
  'blip2-t5': finished('t5'),
};

/** Of a shipped folder. */
export interface TowerRecord {
  recipe: { name: string; hash: string };
  /** SHA-256 of model.safetensors. */
  weights: string;
  bytes: number;
  /** Of training (of a finished model: its stage 2): the steps, times the median one. */
  seconds: number;
}

const WEIGHTS = 'model.safetensors';

/** The hash of the recipe by which a tower would be made now. */
export const towerRecipeHash = (name: FrozenTower): string => recordOf(MAKINGS[name].recipe!()).hash;

/** `towers.json` of a folder of towers; empty where there is none. */
export function readTowerRecords(dir: string = shapesDirectory): Partial<Record<ShapesTower, TowerRecord>> {
  const file = join(dir, 'towers.json');
  return existsSync(file) ? readJsonObject(file) : {};
}

export interface MakeTowersOptions extends Options {
  /** Where the folders go: where the shipped ones are, unless given. */
  out?: string;
  /** All unless given. */
  names?: readonly string[];
  /** Called before each. */
  onTower?: (name: string, index: number, count: number) => void;
}

/**
 * Trains towers, one after the other, and writes each as a folder of its name.
 * @returns whether all are made: not, if it was interrupted
 * @throws Blip2Error naming a tower that there is not
 */
export async function makeShapesTowers({
  out = shapesDirectory,
  names = SHIPPED,
  onTower,
  ...options
}: MakeTowersOptions = {}): Promise<boolean> {
  const chosen = names.map(towerOfName);
  for (const [i, name] of chosen.entries()) {
    onTower?.(name, i, chosen.length);
    const dir = join(out, name);
    const run = await MAKINGS[name].make(dir, options, out);
    if (run.interrupted) return false;
    const made = { ...readTowerRecords(out), [name]: recordOfTower(dir, run) };
    const ordered = Object.fromEntries(
      SHIPPED.flatMap((tower) => (made[tower] ? [[tower, made[tower]]] : [])),
    );
    writeFileAtomic(join(out, 'towers.json'), [`${JSON.stringify(ordered, null, 2)}\n`]);
  }
  return true;
}

function towerOfName(name: string): ShapesTower {
  const tower = SHIPPED.find((one) => one === name);
  if (tower) return tower;
  throw new Blip2Error(`Shapes has no tower '${name}'`, {
    hint: `There are ${SHIPPED.join(', ')}.`,
    exitCode: 2,
  });
}

function recordOfTower(dir: string, { dir: runDir, recipe, log }: Run): TowerRecord {
  const file = join(dir, WEIGHTS);
  const { batchSize } = readRunFolder(runDir, () => undefined).record.training;
  const rates = log.map(({ samplesPerSecond }) => samplesPerSecond).sort((a, b) => a - b);
  return {
    recipe: { name: recipe.name, hash: recipe.hash },
    weights: sha256File(file),
    bytes: statSync(file).size,
    seconds: Math.round((log.length * batchSize) / rates[Math.floor(rates.length / 2)]),
  };
}
