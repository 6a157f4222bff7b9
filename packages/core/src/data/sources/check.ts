/** Is a local copy of a set whole? Its index, whether its pictures are there, whether some of them can be decoded. */
import { existsSync } from 'node:fs';
import { breathe } from '../../runtime';
import { decodePixels } from '../../image';
import { bijection } from '../random';
import { FaultList, type Faults } from './faults';
import { manifestOf, type Manifest } from './manifest';
import type { PictureSource } from './source';

/** How a copy is checked. */
export interface CheckOptions {
  /** Pictures to decode, spread over the set; 100 unless given. */
  samples?: number;
  /** Of the manifest's counts; `train` unless given. */
  split?: string;
  /** Called as pictures are looked for. */
  onProgress?: (done: number, total: number) => void;
}

/** A picture that was decoded. */
export interface CheckedSample {
  id: string;
  captions: readonly string[];
  width: number;
  height: number;
}

/** What was found. */
export interface CheckReport {
  /** Nothing is missing, nothing is broken, and there is as much as the manifest says. */
  ok: boolean;
  name: string;
  /** Of a set of questions, these: each with its picture. */
  pictures: number;
  /** Of a set whose index has them; those in shards would have to be read. */
  captions: number | null;
  /** What the manifest says of the split; null without one. */
  expected: { pictures?: number; captions?: number; questions?: number } | null;
  /** In words, what differs from the manifest. */
  differences: string[];
  /** What making the index found wrong. */
  index: Faults;
  /** Pictures that are not there. */
  missing: Faults;
  /** Of the pictures that were decoded, those that could not be. */
  broken: Faults;
  samples: CheckedSample[];
}

/** Checks a source against the manifest of its name. */
export async function checkSource(source: PictureSource, options: CheckOptions = {}): Promise<CheckReport> {
  const { samples: wanted = 100, split = 'train', onProgress } = options;
  const { captions, missing } = await lookForPictures(source, onProgress);
  const { samples, broken } = await decodeSome(source, Math.min(wanted, source.size));
  const manifest = manifestOf(source.name);
  const expected = manifest?.expected[split] ?? null;
  const found = source.asks
    ? { questions: source.size, pictures: null, captions: null }
    : { questions: null, pictures: source.size, captions };
  const differences = manifest ? differencesOf(manifest, split, found) : [];
  const isIndexed = source.faults.total === 0 || manifest?.linksDie === true;
  return {
    ok: isIndexed && differences.length === 0 && missing.total === 0 && broken.total === 0,
    name: source.name,
    pictures: source.size,
    captions,
    expected,
    differences,
    index: source.faults,
    missing,
    broken,
    samples,
  };
}

/** Those in shards are there, or the index would not have them. */
async function lookForPictures(
  source: PictureSource,
  onProgress?: CheckOptions['onProgress'],
): Promise<{ captions: number | null; missing: Faults }> {
  const missing = new FaultList();
  let captions = 0;
  let isKnown = true;
  for (let index = 0; index < source.size; index++) {
    if (index % 10_000 === 0) {
      onProgress?.(index, source.size);
      await breathe();
    }
    const { file, range, known } = source.place(index);
    if (!known) {
      isKnown = false;
      break;
    }
    captions += known.captions.length;
    if (!range && !existsSync(file)) missing.add('no such file', file);
  }
  return { captions: isKnown ? captions : null, missing };
}

async function decodeSome(
  source: PictureSource,
  count: number,
): Promise<{ samples: CheckedSample[]; broken: Faults }> {
  const broken = new FaultList();
  const samples: CheckedSample[] = [];
  for (let i = 0; i < count; i++) {
    const index = bijection(source.size, i, 0);
    try {
      const { id, bytes, captions } = await source.read(index);
      const { width, height } = await decodePixels(bytes);
      samples.push({ id, captions, width, height });
    } catch (error) {
      broken.add('cannot be read', `${source.id(index)} (${(error as Error).message})`);
    }
  }
  return { samples, broken };
}

const COUNTED = ['pictures', 'captions', 'questions'] as const;
type Counts = Record<(typeof COUNTED)[number], number | null>;

function differencesOf({ expected, linksDie }: Manifest, split: string, found: Counts): string[] {
  const number = (value: number) => value.toLocaleString('en');
  return COUNTED.flatMap((what) => {
    const [there, due] = [found[what], expected[split]?.[what]];
    if (there === null || due === undefined || there === due || (linksDie && there < due)) return [];
    return [`${number(there)} ${what}, where the manifest says ${number(due)}`];
  });
}
