/**
 * CapFilt (BLIP-2 section 3.4): of each web picture, captions are drawn from a captioner, ranked together with the
 * web's own by CLIP, and the best few kept. Training draws one of them at each step.
 */
import { join } from 'node:path';
import { breathe } from '../runtime';
import type { ImageTextDataset, ImageTextSplit } from '../data';
import { defaultRunsDir, lockFolder } from '../train';
import { captionBatch, type Towers } from './batch';
import { loadCaptioner, type Captioner } from './captioner';
import { CaptionsFile } from './captionsFile';
import {
  CAPTIONS,
  checkOrder,
  finishedIn,
  recordOf,
  writeRecord,
  writeSummary,
  type CapFiltRecord,
} from './folder';
import { parseCapFilt, type CapFiltSettingOptions, type CapFiltSettings } from './options';
import { Pace, type CapFiltProgress } from './progress';
import { loadRanker, type Ranker } from './ranker';
import { summarise, type CapFiltSummary } from './summary';
import { withWebCaptions } from './withCaptions';

/** The data, the two models, and how captions are drawn and kept. */
export interface CapFiltOptions extends CapFiltSettingOptions {
  /** The pictures are those of its training split. */
  data: ImageTextDataset;
  /** A BLIP captioner, or its folder. */
  captioner: Captioner | string;
  /** A CLIP, or its folder. */
  ranker: Ranker | string;
  /** Folder to write; unless given, runs/capfilt-<hash>, where finished captions are taken as they are. */
  out?: string;
  /** Root of default folders: `runs`, or $BLIP2_RUNS. */
  runsDir?: string;
  /** Go on where it stopped. By default only in a default folder. */
  resume?: boolean;
  onProgress?: (progress: CapFiltProgress) => void;
  /** Ends the work between two batches, with its reason as the error; what is written stays. */
  signal?: AbortSignal;
}

/** What CapFilt made: a file of captions, and how they came out. */
export interface CapFilt {
  dir: string;
  /** The captions, for `withCaptions`. */
  file: string;
  /** Of everything that decides them. */
  hash: string;
  summary: CapFiltSummary;
}

/**
 * Captions the training pictures of `data` into a folder: `captions.jsonl`, a line per picture in their order, then
 * `summary.json`. Stopped at any moment, it goes on later with the captions that it would have written.
 *
 * @throws Blip2Error for options that are wrong, for folders that hold no such model, or if the folder to write holds
 *   something else; FolderInUse if another process writes it
 */
export async function capfilt(options: CapFiltOptions): Promise<CapFilt> {
  const { data: given, captioner, ranker, out, runsDir, resume, onProgress, signal, ...rest } = options;
  const settings = parseCapFilt(rest);
  const data = withWebCaptions(given);
  const { towers, dispose } = openTowers(captioner, ranker, data);
  try {
    const record = recordOf(data, towers, settings);
    const { hash } = record;
    const dir = out ?? join(runsDir ?? defaultRunsDir(), `${record.name}-${hash.slice(0, 8)}`);
    const job = { dir, record, split: data.train, towers, settings, onProgress, signal };
    const summary = finishedIn(dir, record, resume ?? out === undefined) ?? (await fill(job));
    return { dir, file: join(dir, CAPTIONS), hash, summary };
  } finally {
    dispose();
  }
}

/** Those that come as folders are loaded, and disposed of in the end. */
function openTowers(
  captioner: Captioner | string,
  ranker: Ranker | string,
  { tokenizerDir }: ImageTextDataset,
): { towers: Towers; dispose: () => void } {
  const loaded: { dispose(): void }[] = [];
  const open = <T extends { dispose(): void }>(tower: T | string, load: (dir: string) => T): T => {
    if (typeof tower !== 'string') return tower;
    const own = load(tower);
    loaded.push(own);
    return own;
  };
  const dispose = () => loaded.forEach((tower) => tower.dispose());
  try {
    const towers = {
      captioner: open(captioner, (dir) => loadCaptioner(dir, { tokenizerDir })),
      ranker: open(ranker, (dir) => loadRanker(dir, { tokenizerDir })),
    };
    return { towers, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

interface Job extends Pick<CapFiltOptions, 'onProgress' | 'signal'> {
  dir: string;
  record: CapFiltRecord;
  split: ImageTextSplit;
  towers: Towers;
  settings: CapFiltSettings;
}

/** Writes what is missing of a folder. */
async function fill({ dir, record, ...job }: Job): Promise<CapFiltSummary> {
  const unlock = lockFolder(dir);
  try {
    writeRecord(dir, record);
    const file = new CaptionsFile(join(dir, CAPTIONS));
    try {
      await appendAll(file, job);
    } finally {
      file.close();
    }
    const summary = summarise(file.records);
    writeSummary(dir, summary);
    return summary;
  } finally {
    unlock();
  }
}

async function appendAll(
  file: CaptionsFile,
  { split, towers, settings, onProgress, signal }: Omit<Job, 'dir' | 'record'>,
): Promise<void> {
  const { records } = file;
  checkOrder(records, split, file.path);
  const pace = new Pace(split.size);
  while (records.length < split.size) {
    signal?.throwIfAborted();
    const start = records.length - (records.length % settings.batchSize);
    const batch = await captionBatch(split, start, towers, settings);
    file.append(batch.slice(records.length - start)); // the rest of it, where a batch was cut short
    onProgress?.(pace.at(records.length));
    await breathe();
  }
}
