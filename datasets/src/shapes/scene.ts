/**
 * What a Shapes picture shows: objects on a grid, and everything else that the renderer needs.
 *
 * The *layout* (cells, colors, shapes, sizes) is what captions and questions speak of, and decides the split;
 * the *look* (exact position, radius, tint, background) is drawn on top and says nothing.
 */
import { domainOf } from './domains';
import { COLORS, type Color, SHAPES, type Shape } from './names';
import { type ShapesSettings } from './options';
import { hash32, type Random } from './random';
import { type Rgb, type StyleName, STYLES } from './styles';

/** How large an object is said to be. */
export type Size = 'small' | 'medium' | 'large';
/** How one object lies to another. */
export type Relation = 'above' | 'below' | 'left of' | 'right of';
/** A part of the world, by its layouts. */
export type Split = 'train' | 'validation' | 'test';

/** An object, where and how it is drawn. */
export interface Placed {
  color: Color;
  shape: Shape;
  size: Size;
  row: number;
  column: number;
}

/** An object with its look: centre and radius in pixels, and the fill actually painted. */
export interface SceneObject extends Placed {
  x: number;
  y: number;
  radius: number;
  rgb: Rgb;
}

/** A grating of two tones with noise on it; `noiseSeed` names the noise. */
export interface Background {
  rgb: Rgb;
  direction: [dx: number, dy: number];
  period: number;
  phase: number;
  contrast: number;
  noise: number;
  noiseSeed: number;
}

/** A dot of confetti. */
export interface Dot {
  x: number;
  y: number;
  radius: number;
  rgb: Rgb;
}

/** What a picture shows. */
export interface Scene {
  /** Side of the (square) picture in pixels. */
  imageSize: number;
  /** In canonical order: the first of any two is above or left of the other. */
  objects: SceneObject[];
  background: Background;
  confetti: Dot[];
  /** How it is painted; `solid` where it does not say. */
  style?: StyleName;
}

/** Least and greatest radius, as parts of a cell's side. */
const RADII: Record<Size, [number, number]> = {
  small: [0.29, 0.335],
  medium: [0.36, 0.45],
  large: [0.43, 0.48],
};

/**
 * How a lies to b: along the axis on which their cells are further apart. Every two objects of a scene differ
 * more along one axis than along the other (see `drawLayout`), so exactly one relation holds for a pair.
 */
export function relationOf(a: Placed, b: Placed): Relation {
  const down = b.row - a.row;
  const across = b.column - a.column;
  if (Math.abs(down) > Math.abs(across)) return down > 0 ? 'above' : 'below';
  return across > 0 ? 'left of' : 'right of';
}

/** Two cells on one diagonal: no relation would be the plain one. */
function onDiagonal(a: Placed, b: Placed): boolean {
  return Math.abs(a.row - b.row) === Math.abs(a.column - b.column);
}

/** Different colors and different shapes; of a world with a domain, combinations of it. */
function drawCombinations(random: Random, settings: ShapesSettings): Pick<Placed, 'color' | 'shape'>[] {
  const { objects, domain } = settings;
  for (let tries = 0; tries < 10_000; tries++) {
    const colors = random.sample(COLORS.slice(0, settings.colors), objects);
    const shapes = random.sample(SHAPES.slice(0, settings.shapes), objects);
    const combinations = colors.map((color, i) => ({ color, shape: shapes[i] }));
    if (domain === undefined || domainOf(combinations) === domain) return combinations;
  }
  throw new RangeError(
    `Shapes: with these colors and shapes there are no ${objects} objects of the domain '${domain}'`,
  );
}

/** Objects of different colors and shapes, no two on a diagonal (nor in one cell), in canonical order. */
export function drawLayout(random: Random, settings: ShapesSettings): Placed[] {
  const sizes: Size[] = settings.sizes === 2 ? ['small', 'large'] : ['medium'];
  const combinations = drawCombinations(random, settings);
  for (;;) {
    const placed = combinations.map((combination) => ({
      ...combination,
      size: random.pick(sizes),
      row: random.below(settings.cells),
      column: random.below(settings.cells),
    }));
    if (placed.some((a, i) => placed.slice(i + 1).some((b) => onDiagonal(a, b)))) continue;
    // Off the diagonals, row + column orders any two objects as "above" and "left of" do, and never ties.
    return placed.sort((a, b) => a.row + a.column - (b.row + b.column));
  }
}

/** Names a layout: equal texts, equal layouts. */
export function layoutKey(objects: readonly Placed[]): string {
  return objects.map((o) => `${o.size} ${o.color} ${o.shape} ${o.row},${o.column}`).join('; ');
}

/**
 * The split to which a layout belongs, whatever the seed: 70% of all layouts are for training, 10% for
 * validation, 20% for testing. So no picture of one split shows what a picture of another shows.
 */
export function splitOf(objects: readonly Placed[]): Split {
  const share = hash32(layoutKey(objects)) / 4294967296;
  return share < 0.7 ? 'train' : share < 0.8 ? 'validation' : 'test';
}

/**
 * A layout of the given split.
 * @throws RangeError where the options allow so few layouts that the split has none
 */
export function drawLayoutIn(split: Split, random: Random, settings: ShapesSettings): Placed[] {
  for (let tries = 0; tries < 1_000; tries++) {
    const layout = drawLayout(random, settings);
    if (splitOf(layout) === split) return layout;
  }
  throw new RangeError(
    `Shapes: these options allow too few layouts for a ${split} split; use more cells, colors or shapes`,
  );
}

/** Gives a layout its look. */
export function drawScene(layout: readonly Placed[], random: Random, settings: ShapesSettings): Scene {
  const cell = settings.cellPixels;
  const imageSize = settings.cells * cell;
  const { palette } = STYLES[settings.style ?? 'solid'];
  const objects = layout.map((placed): SceneObject => {
    const radius = random.between(...RADII[placed.size]) * cell;
    // An object stays in its cell.
    const play = cell / 2 - radius;
    return {
      ...placed,
      x: (placed.column + 0.5) * cell + random.between(-play, play),
      y: (placed.row + 0.5) * cell + random.between(-play, play),
      radius,
      rgb: tinted(palette[placed.color], random),
    };
  });
  const confetti = Array.from({ length: settings.confetti }, (): Dot => {
    const color = COLORS[random.below(settings.colors)];
    return {
      x: random.between(0, imageSize),
      y: random.between(0, imageSize),
      radius: random.between(0.06, 0.11) * cell,
      rgb: tinted(palette[color], random),
    };
  });
  const background = drawBackground(random, settings);
  // A solid scene says nothing of its style: it is what it was before there were others.
  return { imageSize, objects, background, confetti, ...(settings.style && { style: settings.style }) };
}

/** The same color in another light: ±8% of brightness and a slight cast. */
function tinted(rgb: Rgb, random: Random): Rgb {
  const light = random.between(0.92, 1.08);
  return rgb.map((channel) => channel * light + random.between(-8, 8)) as Rgb;
}

function drawBackground(random: Random, { cellPixels, style = 'solid' }: ShapesSettings): Background {
  const { grey, cast, contrast, noise } = STYLES[style].background;
  const tone = random.between(...grey);
  return {
    rgb: cast.map((channel) => tone + random.between(-14, 14) + channel) as Rgb,
    direction: drawDirection(random),
    period: random.between(0.35, 1.2) * cellPixels,
    phase: random.unit(),
    contrast: random.between(...contrast),
    noise: random.between(...noise),
    noiseSeed: random.next(),
  };
}

/** A unit vector of random direction, without sines: a point of the disc, brought to its rim. */
function drawDirection(random: Random): [number, number] {
  for (;;) {
    const x = random.between(-1, 1);
    const y = random.between(-1, 1);
    const square = x * x + y * y;
    if (square > 0.01 && square <= 1) return [x / Math.sqrt(square), y / Math.sqrt(square)];
  }
}
