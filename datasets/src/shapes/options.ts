/** Options of the Shapes world: every size and probability, their defaults, and the check of their ranges. */
import { type Domain, DOMAINS } from './domains';
import { COLORS, SHAPES } from './names';
import { type Phrasing, PHRASINGS } from './phrasing';
import { STYLE_NAMES, type StyleName } from './styles';

/** What captions say. */
export interface CaptionOptions {
  /** How many objects a caption names, 1 to 3; from a list, one is drawn for each caption. */
  objects: number | readonly number[];
  /** `canonical`: upper or left object first ("above", "left of"); `random`: any order (adds "below", "right of"). */
  order: 'canonical' | 'random';
  /** Probability that a named object's size is said; needs `sizes: 2`. */
  sizeProbability: number;
  /** Probability that a caption says how its objects lie; otherwise it lists them ("… and …"). */
  relationProbability: number;
  /** Captions of each scene, drawn independently. */
  perScene: number;
  /** The words that captions are put in; `plain` unless given. Web captions are always plain. */
  phrasing?: Phrasing;
}

/** What is wrong with web captions, as shares of all; the rest are right. */
export interface WebNoise {
  /** The caption of another scene, false of this one. */
  wrongScene: number;
  /** One color or one shape is wrong. */
  halfTrue: number;
  /** Says nothing of the picture ("colorful shapes"). */
  generic: number;
}

/** All options of a world, defaults filled in. */
export interface ShapesSettings {
  /** Names the draw: other seeds give other scenes, from the same split of all layouts. */
  seed: number;
  /** Examples in each split. */
  train: number;
  validation: number;
  test: number;
  /** Rows, and columns, of the grid. */
  cells: number;
  /** Side of a cell in pixels; the picture's side is `cells * cellPixels`. */
  cellPixels: number;
  /** Objects in each scene, of different colors and different shapes. */
  objects: number;
  /** How many of COLORS are used, from the first on. */
  colors: number;
  /** How many of SHAPES are used, from the first on. */
  shapes: number;
  /** 1: all of middling size, and size is never said; 2: small and large. */
  sizes: 1 | 2;
  /** Small dots in the palette's colors, strewn over the background. */
  confetti: number;
  /** Scenes of one domain alone; any combination of color and shape unless given. */
  domain?: Domain;
  /** How pictures are painted; `solid` unless given. */
  style?: StyleName;
  captions: CaptionOptions;
  webNoise: WebNoise;
}

/** What `shapesWorld` takes: anything left out has its default. */
export type ShapesOptions = Partial<Omit<ShapesSettings, 'captions' | 'webNoise'>> & {
  captions?: Partial<CaptionOptions>;
  webNoise?: Partial<WebNoise>;
};

/**
 * A miniature of what the paper needs: several objects, of which a caption names two and says how they lie; a question
 * may ask for any.
 */
const DEFAULTS: ShapesSettings = {
  seed: 0,
  train: 10_000,
  validation: 500,
  test: 1_000,
  cells: 4,
  cellPixels: 16,
  objects: 3,
  colors: 8,
  shapes: 6,
  sizes: 2,
  confetti: 8,
  captions: { objects: 2, order: 'canonical', sizeProbability: 0.5, relationProbability: 1, perScene: 1 },
  webNoise: { wrongScene: 0.3, halfTrue: 0.2, generic: 0.1 },
};

/** Options that name a variant of the world. They have no default that is written down: without them it is the plain one. */
const VARIANTS = { domain: DOMAINS, style: STYLE_NAMES };
const CAPTION_VARIANTS = { phrasing: PHRASINGS };

/**
 * Fills in the defaults.
 * @throws RangeError naming the option that is unknown or out of range
 */
export function shapesSettings(options: ShapesOptions = {}): ShapesSettings {
  rejectUnknown(options, { ...DEFAULTS, ...VARIANTS }, '');
  rejectUnknown(options.captions ?? {}, { ...DEFAULTS.captions, ...CAPTION_VARIANTS }, 'captions.');
  rejectUnknown(options.webNoise ?? {}, DEFAULTS.webNoise, 'webNoise.');
  const settings: ShapesSettings = {
    ...DEFAULTS,
    ...options,
    captions: { ...DEFAULTS.captions, ...options.captions },
    webNoise: { ...DEFAULTS.webNoise, ...options.webNoise },
  };
  const { captions, webNoise } = settings;

  for (const [name, known] of Object.entries(VARIANTS)) {
    oneOf(name, settings[name as keyof typeof VARIANTS], known);
  }
  oneOf('captions.phrasing', captions.phrasing, PHRASINGS);
  whole('seed', settings.seed, 0, Number.MAX_SAFE_INTEGER);
  for (const split of ['train', 'validation', 'test'] as const) whole(split, settings[split], 0, 10_000_000);
  whole('cells', settings.cells, 2, 16);
  whole('cellPixels', settings.cellPixels, 8, 256);
  whole('colors', settings.colors, 1, COLORS.length);
  whole('shapes', settings.shapes, 1, SHAPES.length);
  whole('sizes', settings.sizes, 1, 2);
  whole('confetti', settings.confetti, 0, 1_000);
  // A row of objects is always possible, so a scene can be drawn.
  whole('objects', settings.objects, 1, Math.min(settings.cells, settings.colors, settings.shapes));

  const named = [captions.objects].flat();
  if (named.length === 0) throw new RangeError('Shapes option captions.objects is an empty list');
  for (const count of named) whole('captions.objects', count, 1, Math.min(3, settings.objects));
  if (captions.order !== 'canonical' && captions.order !== 'random') {
    throw new RangeError("Shapes option captions.order must be 'canonical' or 'random'");
  }
  within('captions.sizeProbability', captions.sizeProbability, 0, settings.sizes === 2 ? 1 : 0);
  within('captions.relationProbability', captions.relationProbability, 0, 1);
  whole('captions.perScene', captions.perScene, 1, 100);

  for (const kind of ['wrongScene', 'halfTrue', 'generic'] as const) {
    within(`webNoise.${kind}`, webNoise[kind], 0, 1);
  }
  within('webNoise (its sum)', webNoise.wrongScene + webNoise.halfTrue + webNoise.generic, 0, 1 + 1e-9);
  if (webNoise.halfTrue > 0 && settings.colors < 2 && settings.shapes < 2) {
    throw new RangeError('Shapes option webNoise.halfTrue needs a second color or shape to be wrong with');
  }
  return settings;
}

function rejectUnknown(given: object, known: object, prefix: string): void {
  for (const key of Object.keys(given)) {
    if (!(key in known)) {
      throw new RangeError(
        `Shapes has no option '${prefix}${key}'; it has ${Object.keys(known)
          .map((name) => prefix + name)
          .join(', ')}`,
      );
    }
  }
}

function oneOf(name: string, value: string | undefined, known: readonly string[]): void {
  if (value === undefined || known.includes(value)) return;
  throw new RangeError(`Shapes option ${name} must be one of ${known.join(', ')}`);
}

function within(name: string, value: number, low: number, high: number): void {
  if (!(value >= low && value <= high)) {
    throw new RangeError(`Shapes option ${name} is ${value}, but must lie between ${low} and ${high}`);
  }
}

function whole(name: string, value: number, low: number, high: number): void {
  within(name, value, low, high);
  if (!Number.isInteger(value)) {
    throw new RangeError(`Shapes option ${name} is ${value}, but must be a whole number`);
  }
}
