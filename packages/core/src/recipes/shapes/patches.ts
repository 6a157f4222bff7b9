/**
 * What a ViT of Shapes learns beside its own task: each patch says what it shows and where it is. A ViT this small would
 * leave position out, and no Q-Former can read what is not there. The heads for it are not part of the model, and not
 * saved.
 *
 * B batch, P patches (class token first), g = patches in a row, W vision width.
 */
import {
  COLORS,
  SHAPES,
  type Example,
  type Scene,
  type SceneObject,
  type ShapesSettings,
  type Size,
} from '@blip2/datasets';
import {
  softmaxCrossEntropy,
  tf,
  type ParameterSpecs,
  type ParameterStore,
  type Tensor,
} from '../../runtime';
import { defaultLinearSpecs, linear, type Weights } from '../../nn';
import type { HostTensor } from '../../checkpoints';

const HEADS = 'patch';
/** Of objects, as patches say them; 0 is for none. */
const SIZE_LABELS: readonly Size[] = ['small', 'medium', 'large'];

/** For each patch: color, shape and size of what its cell shows (0: nothing), row and column. */
type PatchLabels = Record<'color' | 'shape' | 'size' | 'row' | 'column', number[]>;
type PatchTargets = Record<keyof PatchLabels, HostTensor>;

export function patchHeads({ colors, shapes }: ShapesSettings, grid: number, width: number): ParameterSpecs {
  const classes: Record<keyof PatchLabels, number> = {
    color: colors + 1,
    shape: shapes + 1,
    size: SIZE_LABELS.length + 1,
    row: grid,
    column: grid,
  };
  const specs = Object.entries(classes).map(([name, count]) =>
    defaultLinearSpecs(`${HEADS}.${name}`, width, count),
  );
  return Object.assign({}, ...specs) as ParameterSpecs;
}

/** A model's tensors without the heads. */
export function withoutPatchHeads(parameters: ParameterStore): Record<string, HostTensor> {
  const tensors = Object.entries(parameters.snapshot()).filter(([name]) => !name.startsWith(`${HEADS}.`));
  return Object.fromEntries(tensors);
}

/** What the patches of examples are to say: int32 [B(P − 1)] each. */
export function patchTargets(
  examples: readonly Example[],
  { cells }: ShapesSettings,
  grid: number,
): (indices: ArrayLike<number>) => PatchTargets {
  const labels = examples.map((example) => patchLabels(example.scene, cells, grid));
  return (indices) => {
    const of = (name: keyof PatchLabels): HostTensor => {
      const values = Array.from(indices).flatMap((i) => labels[i][name]);
      return { shape: [values.length], data: Int32Array.from(values) };
    };
    return { color: of('color'), shape: of('shape'), size: of('size'), row: of('row'), column: of('column') };
  };
}

/** Losses: how well patches say what they show, and where they are. features [B, P, W] */
export function patchLosses(
  w: Weights,
  features: Tensor,
  targets: Record<string, Tensor>,
): { content: Tensor; position: Tensor } {
  const width = features.shape[2]!;
  const patches = features.slice([0, 1, 0], [-1, -1, -1]).reshape([-1, width]); // [B(P − 1), W]
  const say = (name: keyof PatchLabels) =>
    softmaxCrossEntropy(linear(w.scope(`${HEADS}.${name}`), patches), targets[name]);
  return {
    content: tf.addN([say('color'), say('shape'), say('size')]),
    position: tf.add(say('row'), say('column')),
  };
}

function patchLabels({ objects }: Scene, cells: number, grid: number): PatchLabels {
  const patches = Array.from({ length: grid * grid }, (_, patch) => patch);
  const row = patches.map((patch) => Math.floor(patch / grid));
  const column = patches.map((patch) => patch % grid);
  const cell = (place: number) => Math.floor((place * cells) / grid);
  const shown = patches.map((patch) =>
    objects.find((object) => object.row === cell(row[patch]) && object.column === cell(column[patch])),
  );
  const labels = (label: (object: SceneObject) => number) =>
    shown.map((object) => (object ? 1 + label(object) : 0));
  return {
    color: labels(({ color }) => COLORS.indexOf(color)),
    shape: labels(({ shape }) => SHAPES.indexOf(shape)),
    size: labels(({ size }) => SIZE_LABELS.indexOf(size)),
    row,
    column,
  };
}
