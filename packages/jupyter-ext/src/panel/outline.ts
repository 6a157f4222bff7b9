/** The attention outputs of a notebook as a list, read without decoding any numbers. */
import { ATTENTION_FORMAT, ATTENTION_SET_FORMAT } from '../attention';

/** One attention output. */
export interface Entry {
  /** Index of the cell, and of the output in it. */
  cell: number;
  output: number;
  /** Of the notebook's output. */
  json: unknown;
  wishes: unknown;
  /** What the notebook wrote beside it. */
  text: string;
  /** A PNG data URL. */
  thumbnail?: string;
  /** Number of pictures. */
  pictures: number;
}

/** What is needed of JupyterLab's notebook model; its package is not. */
export interface CellModel {
  type: string;
  outputs?: { length: number; get(index: number): OutputModel };
}

/** One output of a cell. */
export interface OutputModel {
  data: Readonly<Record<string, unknown>>;
  metadata: Readonly<Record<string, unknown>>;
}

/** Characters of a text that a list shows. */
const TEXT = 200;

type Heading = Pick<Entry, 'text' | 'thumbnail' | 'pictures'>;

/** Reading 2 MB of JSON takes time, and a notebook changes with every key: an output is read once. */
const read = new WeakMap<OutputModel, { json: unknown; heading: Heading }>();

/** In the order of the notebook. */
export function outline(cells: Iterable<CellModel>): Entry[] {
  return [...cells].flatMap(({ outputs }, cell) =>
    Array.from({ length: outputs?.length ?? 0 }, (_, output) => outputs!.get(output)).flatMap(
      (model, output) => {
        const { data, metadata } = model;
        const format = [ATTENTION_FORMAT, ATTENTION_SET_FORMAT].find((one) => one in data);
        if (!format) return [];
        const wishes = metadata[format];
        const { caption } = record(wishes);
        const heading = headingOf(model, data[format]);
        const text = typeof caption === 'string' ? caption.slice(0, TEXT) : heading.text;
        return [{ cell, output, json: data[format], wishes, ...heading, text }];
      },
    ),
  );
}

function headingOf(model: OutputModel, json: unknown): Heading {
  const before = read.get(model);
  if (before && before.json === json) return before.heading;
  const heading = readHeading(json);
  read.set(model, { json, heading });
  return heading;
}

/** An output may come from anywhere: what is not as it should be is left out here, and told by the view. */
export function readHeading(json: unknown): Heading {
  const { text, title, image, items } = record(typeof json === 'string' ? parse(json) : json);
  const first = Array.isArray(items) ? record(items[0]) : undefined;
  const bundle = typeof first?.bundle === 'string' ? parse(first.bundle) : first?.bundle;
  const { url } = record(first ? record(bundle).image : image);
  return {
    text:
      [title, text, first?.name].find((one): one is string => typeof one === 'string')?.slice(0, TEXT) ?? '',
    ...(typeof url === 'string' && url.startsWith('data:image/png;base64,') && { thumbnail: url }),
    pictures: Array.isArray(items) ? items.length : 1,
  };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
