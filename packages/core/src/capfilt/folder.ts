/**
 * The folder that CapFilt writes: `recipe.json` (what was asked for), `captions.jsonl`, and at the end `summary.json`.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Blip2Error } from '../runtime';
import { canonicalJson, readJsonObject, sha256, writeFileAtomic, type JsonObject } from '../checkpoints';
import type { ImageTextDataset, ImageTextSplit } from '../data';
import { LOCK } from '../train';
import type { Towers } from './batch';
import type { CaptionRecord } from './captionsFile';
import type { CapFiltSettings } from './options';
import type { CapFiltSummary } from './summary';

export const CAPTIONS = 'captions.jsonl';
const RECORD = 'recipe.json';
const SUMMARY = 'summary.json';

/** `recipe.json`: everything that decides the captions, and its hash. */
export interface CapFiltRecord {
  name: string;
  hash: string;
  config: JsonObject;
}

export function recordOf(
  { name: dataName, train, options }: ImageTextDataset,
  { captioner, ranker }: Towers,
  settings: CapFiltSettings,
): CapFiltRecord {
  const data = { name: dataName, options, pictures: train.size };
  const config = { ...settings, captioner: captioner.hash, ranker: ranker.hash, data };
  const name = 'capfilt';
  return { name, hash: sha256(canonicalJson({ name, config })), config };
}

export function writeRecord(dir: string, record: CapFiltRecord): void {
  writeFileAtomic(join(dir, RECORD), [`${JSON.stringify(record, null, 2)}\n`]);
}

/** That of a folder. */
export function readRecord(dir: string): CapFiltRecord {
  return readJsonObject(join(dir, RECORD)) as unknown as CapFiltRecord;
}

export function writeSummary(dir: string, summary: CapFiltSummary): void {
  writeFileAtomic(join(dir, SUMMARY), [`${JSON.stringify(summary, null, 2)}\n`]);
}

/**
 * The summary of a folder in which nothing is left to do.
 * @throws Blip2Error if it holds something else, or the same and `resume` is false
 */
export function finishedIn(
  dir: string,
  { hash }: CapFiltRecord,
  resume: boolean,
): CapFiltSummary | undefined {
  if (!existsSync(dir)) return undefined;
  if (!existsSync(join(dir, RECORD))) {
    if (readdirSync(dir).every((name) => name.startsWith(LOCK))) return undefined;
    throw new Blip2Error(`${dir} is not empty and holds no captions`, { hint: 'Choose a new folder.' });
  }
  if (readRecord(dir).hash !== hash) {
    throw new Blip2Error(`${dir} holds something else: other captions, or a run`, {
      hint: `Compare with ${join(dir, RECORD)}, or choose another folder.`,
    });
  }
  if (!resume) {
    throw new Blip2Error(`${dir} already holds these captions, or a part of them`, {
      hint: 'Go on with them (resume: true, --resume), or choose another folder.',
    });
  }
  const summary = join(dir, SUMMARY);
  return existsSync(summary) ? (readJsonObject(summary) as unknown as CapFiltSummary) : undefined;
}

/** @throws Blip2Error naming the first line that does not belong to the picture of its number */
export function checkOrder(records: readonly CaptionRecord[], split: ImageTextSplit, path: string): void {
  const wrong = records.findIndex(({ id }, index) => index >= split.size || id !== split.id(index));
  if (wrong < 0) return;
  const expected = wrong < split.size ? split.id(wrong) : 'nothing';
  throw new Blip2Error(`${path} line ${wrong + 1} is of ${records[wrong].id}, where ${expected} belongs`, {
    hint: 'Lines follow the order of the pictures: delete this one and those after it.',
  });
}
