/**
 * Paints a scene: a noisy grating, confetti, and on it the objects, each anti-aliased with a darker rim and a
 * soft shadow.
 *
 * The same bytes on every machine: only +, -, *, / and Math.sqrt, which IEEE 754 defines to the last bit.
 */
import { distanceTo } from './outlines';
import { Random } from './random';
import { type Scene, type SceneObject } from './scene';
import { type Rgb, type Style, STYLES } from './styles';

/**
 * The picture as RGB bytes, row by row.
 * @param scale enlarges the drawing itself (not its pixels), for people to look at; models see scale 1
 * @returns (imageSize * scale)² * 3 bytes
 */
export function renderScene(scene: Scene, scale = 1): Uint8Array {
  const side = Math.round(scene.imageSize * scale);
  const style = STYLES[scene.style ?? 'solid'];
  // Rounded to bytes only at the end, so that layers do not add up rounding errors.
  const canvas = new Float64Array(side * side * 3);
  paintBackground(canvas, side, scale, scene, style);
  for (const dot of scene.confetti) {
    visitNear(side, scale, dot, 1, (x, y, pixel) => {
      const distance = Math.sqrt(x * x + y * y) - dot.radius;
      blend(canvas, pixel, dot.rgb, coverage(distance * scale));
    });
  }
  for (const object of scene.objects) paintObject(canvas, side, scale, object, style);
  const bytes = new Uint8Array(canvas.length);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = Math.max(0, Math.min(255, Math.floor(canvas[i] + 0.5)));
  }
  return bytes;
}

/**
 * Which object each pixel shows: 0 for none, i + 1 for `scene.objects[i]`.
 * @returns imageSize² bytes, row by row
 */
export function maskOf(scene: Scene): Uint8Array {
  const side = scene.imageSize;
  const mask = new Uint8Array(side * side);
  scene.objects.forEach((object, i) => {
    visitNear(side, 1, object, 1, (x, y, pixel) => {
      if (distance(object, x, y) < 0) mask[pixel / 3] = i + 1;
    });
  });
  return mask;
}

/** A wave of two tones, close to a sine but made of parabolas: exact everywhere. Period 1, range [-1, 1]. */
function wave(t: number): number {
  const u = t - Math.floor(t);
  return u < 0.5 ? 16 * u * (0.5 - u) : -16 * (u - 0.5) * (1 - u);
}

function paintBackground(
  canvas: Float64Array,
  side: number,
  scale: number,
  { background }: Scene,
  style: Style,
): void {
  const { rgb, direction, period, phase, contrast, noise, noiseSeed } = background;
  const { crossed } = style.background;
  const random = new Random('noise', noiseSeed);
  const grain = new Float64Array(Math.ceil(side / scale));
  for (let y = 0, pixel = 0; y < side; y++) {
    // One grain of noise to a pixel of the picture at scale 1.
    if (Math.floor(y / scale) !== Math.floor((y - 1) / scale)) {
      for (let i = 0; i < grain.length; i++) grain[i] = triangular(random) * noise;
    }
    for (let x = 0; x < side; x++, pixel += 3) {
      const along = ((x + 0.5) * direction[0] + (y + 0.5) * direction[1]) / (scale * period);
      let pattern = wave(along + phase);
      if (crossed) pattern *= wave(((y + 0.5) * direction[0] - (x + 0.5) * direction[1]) / (scale * period));
      const tone = contrast * pattern + grain[Math.floor(x / scale)];
      for (let channel = 0; channel < 3; channel++) canvas[pixel + channel] = rgb[channel] + tone;
    }
  }
}

/** From -1 to 1 with its peak at 0: the two halves of one draw, added. */
function triangular(random: Random): number {
  const bits = random.next();
  return ((bits & 0xffff) + (bits >>> 16)) / 65535 - 1;
}

const RIM = 0.8; // pixels at scale 1
const SHADOW = { x: 0.5, y: 0.9, reach: 1.6, strength: 0.38 };
const BLACK: Rgb = [0, 0, 0];

/** Pixels at scale 1 from one stripe to the next like it. */
const STRIPES = 3;

function paintObject(
  canvas: Float64Array,
  side: number,
  scale: number,
  object: SceneObject,
  style: Style,
): void {
  const { rgb, radius } = object;
  const rim = rgb.map((channel) => channel * 0.58) as Rgb;
  const fill: Rgb = [0, 0, 0];
  visitNear(side, scale, object, 3, (x, y, pixel) => {
    const here = distance(object, x, y);
    if (style.shadow && here * scale > -0.5) {
      const shadow = 1 - distance(object, x - SHADOW.x, y - SHADOW.y) / SHADOW.reach;
      blend(canvas, pixel, BLACK, SHADOW.strength * Math.max(0, Math.min(1, shadow)));
    }
    blend(canvas, pixel, rim, coverage(here * scale));
    // Lit from above.
    const lit = 1.06 - (0.12 * (y + radius)) / (2 * radius);
    const light = wave((x + y) / STRIPES) < 0 ? lit * style.stripe : lit;
    for (let channel = 0; channel < 3; channel++) fill[channel] = rgb[channel] * light;
    blend(canvas, pixel, fill, coverage((here + RIM) * scale));
  });
}

/** Signed distance in pixels at scale 1, at (x, y) from the object's centre. */
function distance(object: SceneObject, x: number, y: number): number {
  return distanceTo(object.shape, x / object.radius, y / object.radius) * object.radius;
}

/** The part of a pixel that lies inside an outline at this distance (in its own size). */
function coverage(distance: number): number {
  return Math.max(0, Math.min(1, 0.5 - distance));
}

/** Calls `visit` for each pixel near a thing: x and y from its centre at scale 1, `pixel` its place in RGB. */
function visitNear(
  side: number,
  scale: number,
  thing: { x: number; y: number; radius: number },
  margin: number,
  visit: (x: number, y: number, pixel: number) => void,
): void {
  const reach = thing.radius * 1.1 + margin;
  const first = (centre: number) => Math.max(0, Math.floor((centre - reach) * scale));
  const last = (centre: number) => Math.min(side - 1, Math.ceil((centre + reach) * scale));
  for (let row = first(thing.y); row <= last(thing.y); row++) {
    for (let column = first(thing.x); column <= last(thing.x); column++) {
      visit((column + 0.5) / scale - thing.x, (row + 0.5) / scale - thing.y, (row * side + column) * 3);
    }
  }
}

function blend(canvas: Float64Array, pixel: number, rgb: Rgb, alpha: number): void {
  if (alpha <= 0) return;
  for (let channel = 0; channel < 3; channel++) {
    const under = canvas[pixel + channel];
    canvas[pixel + channel] = under + (rgb[channel] - under) * alpha;
  }
}
