/**
 * Where queries look in a picture, or in several: explored in JupyterLab, a PNG elsewhere. What would make a notebook's
 * output too large is rounded to bytes, and what is too large even so lies in a folder beside the notebook.
 */
import {
  attentionSet,
  bundleOf,
  checkAttentionFolder,
  isSet,
  quantised,
  readAttentionSet,
  writeAttentionFolder,
  type AttentionBundle,
  type AttentionSet,
} from '../attention';
import { sha256 } from '../checkpoints';
import { describe, drawAttention, stacked, type AttentionDrawingOptions } from './attentionDrawing';
import { renderPng, type Drawing } from './svg';
import type { View } from './view';

/** What is shown first, and where large records go. */
export interface AttentionViewOptions extends AttentionDrawingOptions {
  /** Folder for what an output cannot hold, relative to the notebook; named after the content unless given. */
  dir?: string;
}

/** Bytes of a notebook's output. */
const ROOM = 2_000_000;
/** Of a set, so many are in the PNG. */
const DRAWN = 4;
/** Larger drawings, in pixels on the page, are not made crisp for dense screens: they would fill the output. */
const CRISP = 400_000;

/** Where queries look in a picture, or in those of a set. */
export function attentionView(
  record: AttentionBundle | AttentionSet,
  options: AttentionViewOptions = {},
): View {
  return {
    async render() {
      const { dir, ...shown } = options;
      const drawing = draw(record, shown);
      const isLarge = drawing.width * drawing.height > CRISP;
      const png = await renderPng(drawing, isLarge ? 1 : undefined);
      const text = inWords(record, shown);
      const sent = fitting(record, ROOM - (png.data['image/png'] as string).length - text.length, dir);
      return {
        data: { [sent.format]: sent, ...png.data, 'text/plain': text },
        // The explorer begins with the same choice.
        metadata: { [sent.format]: shown, ...png.metadata },
      };
    },
  };
}

function draw(record: AttentionBundle | AttentionSet, options: AttentionDrawingOptions): Drawing {
  if (!isSet(record)) return drawAttention(record, options);
  return stacked(
    record.items.slice(0, DRAWN).map((item) => ({
      name: item.name,
      drawing: drawAttention(bundleOf(record, item), options),
    })),
  );
}

function inWords(record: AttentionBundle | AttentionSet, options: AttentionDrawingOptions): string {
  if (!isSet(record)) return describe(record, options);
  const { title = 'Attention', items } = record;
  return `${title}: ${items.map(({ name }) => name).join(', ')}`;
}

/** The record as an output may hold it. */
function fitting(
  record: AttentionBundle | AttentionSet,
  room: number,
  dir?: string,
): AttentionBundle | AttentionSet {
  // What a viewer will fetch is checked here, where something can be done about it.
  if (isSet(record) && record.items.some(({ file }) => file)) return readAttentionSet(record, 'The set');
  const size = (one: object) => JSON.stringify(one).length;
  if (size(record) <= room) return record;
  const small = quantised(record);
  return size(small) <= room ? small : inFolder(small, dir);
}

/** Writes a folder with a file per picture, and refers to it. */
function inFolder(record: AttentionBundle | AttentionSet, dir?: string): AttentionSet {
  const { title, items } = isSet(record) ? record : attentionSet([{ name: 'picture', bundle: record }]);
  const folder = dir ?? `attention-${sha256(JSON.stringify(record)).slice(0, 12)}`;
  checkAttentionFolder(folder);
  const bundles = items.map(({ name, bundle }) => ({ name, bundle: bundle! }));
  return { ...writeAttentionFolder(folder, bundles, title), dir: folder };
}
