/**
 * Data whose training captions are others: those that CapFilt kept, or those of the web. Pictures stay the same, so
 * cached features are shared; `options.trainCaptions` tells the captions apart in the hash of a recipe.
 */
import { Blip2Error } from '../runtime';
import { canonicalJson, sha256 } from '../checkpoints';
import type { ImageTextDataset, ImageTextSplit, ShapesDataset } from '../data';
import { readCaptions } from './captionsFile';

/** Captions by the picture's id. */
export type CaptionsById = ReadonlyMap<string, readonly string[]>;

/**
 * The data with other captions in its training split. One of a picture's captions is drawn at each step of training.
 *
 * @param captions by id, or the `captions.jsonl` that holds them
 * @throws Blip2Error naming a bad line of the file; later, when read, a picture that has no captions
 */
export function withCaptions<D extends ImageTextDataset>(data: D, captions: CaptionsById | string): D {
  const source = typeof captions === 'string' ? captions : 'the captions given';
  const byId = typeof captions === 'string' ? readById(captions) : captions;
  return replaced(data, hashOf(byId), (id) => {
    const own = byId.get(id);
    if (own) return own;
    throw new Blip2Error(`${data.name}: ${source} have none of picture ${id}`, {
      hint: 'Caption all pictures of the training split, with the same options of the data.',
    });
  });
}

/** The data with the web's captions in its training split. Where there are no others, captions are the web's. */
export function withWebCaptions<D extends ImageTextDataset>(data: D): D {
  if (!isShapes(data)) return data;
  const examples = data.world.splits;
  return replaced(data, WEB, (id, index) => {
    const example = examples.train[index];
    if (example.id === id) return [example.webCaption.text];
    throw new Blip2Error(`${data.name}: picture ${index} of the training split is ${id}, not ${example.id}`, {
      hint: 'Filter data (withFilters) after its captions are chosen, not before.',
    });
  });
}

/**
 * Data as `options.trainCaptions` says it, on the command line or in a recipe.json.
 *
 * @param trainCaptions `web`, a file, or the hash that stands for a file: captions can then not be read
 */
export function withTrainCaptions(data: ImageTextDataset, trainCaptions: string): ImageTextDataset {
  if (trainCaptions === WEB) return withWebCaptions(data);
  if (!HASH.test(trainCaptions)) return withCaptions(data, trainCaptions);
  return replaced(data, trainCaptions, () => {
    throw new Blip2Error(`${data.name}: training captions ${trainCaptions.slice(0, 8)} are not at hand`, {
      hint: 'Say where their file is: withCaptions(data, file), or --data …?trainCaptions=FILE.',
    });
  });
}

const WEB = 'web';
const HASH = /^[0-9a-f]{64}$/;

const isShapes = (data: ImageTextDataset): data is ShapesDataset => 'world' in data;

function readById(path: string): CaptionsById {
  return new Map(readCaptions(path).map(({ id, captions }) => [id, captions]));
}

/** Of the captions alone, in whatever order they lie. */
function hashOf(captions: CaptionsById): string {
  return sha256(canonicalJson(Object.fromEntries(captions)));
}

function replaced<D extends ImageTextDataset>(
  data: D,
  trainCaptions: string,
  captions: (id: string, index: number) => readonly string[],
): D {
  const { train, options } = data;
  // All else is as it was, and drawn when it is first asked for, as it was.
  const own: Pick<ImageTextSplit, 'captions'> = { captions: (index) => captions(train.id(index), index) };
  const split = Object.setPrototypeOf(own, train) as ImageTextSplit;
  return { ...data, options: { ...options, trainCaptions }, train: split };
}
