/** A set of pictures, or the things to be compared: each item holds its bundle, or names the file that does. */
import { fail, list, record, shortText } from './checks';

export const ATTENTION_SET_FORMAT = 'application/vnd.blip2.attention-set.v1+json';

/** One picture of a set. */
export interface AttentionItem {
  name: string;
  /** The bundle's JSON, read when it is looked at. */
  bundle?: unknown;
  /** A plain file name beside the set, fetched when it is looked at. */
  file?: string;
}

/** Many pictures, or the things to be compared. */
export interface AttentionSet {
  title?: string;
  /** Folder of the files, relative to the notebook; beside the set unless given. */
  dir?: string;
  items: AttentionItem[];
  /** The set itself, to be saved again. */
  json: Record<string, unknown>;
}

const MOST = { items: 10_000, text: 1000, name: 255 };

/** @throws BundleError naming the key at fault */
export function readAttentionSet(json: Record<string, unknown>): AttentionSet {
  return {
    ...(json.title !== undefined && { title: shortText(json.title, 'title', MOST.text) }),
    ...(json.dir !== undefined && { dir: folder(json.dir) }),
    items: list(json.items, 'items', MOST.items).map((item, index) => readItem(item, `items.${index}`)),
    json,
  };
}

function readItem(value: unknown, name: string): AttentionItem {
  const item = record(value, name);
  if ((item.bundle === undefined) === (item.file === undefined)) {
    fail(name, 'expected either a bundle or a file');
  }
  return {
    name: shortText(item.name, `${name}.name`, MOST.text),
    ...(item.bundle === undefined
      ? { file: fileName(item.file, `${name}.file`) }
      : { bundle: record(item.bundle, `${name}.bundle`) }),
  };
}

/** A name that leads nowhere else: no separators, drives, escapes, queries, control characters or hidden files. */
function fileName(value: unknown, name: string): string {
  const isPlain =
    typeof value === 'string' &&
    value.length <= MOST.name &&
    /^[^./\\:%?#\u0000-\u001f\u007f][^/\\:%?#\u0000-\u001f\u007f]*$/.test(value) &&
    !value.includes('..');
  if (!isPlain) fail(name, 'expected a plain file name');
  return value;
}

function folder(value: unknown): string {
  if (typeof value !== 'string' || value.length > MOST.text) fail('dir', 'expected a folder');
  return value
    .split('/')
    .map((part) => fileName(part, 'dir'))
    .join('/');
}
