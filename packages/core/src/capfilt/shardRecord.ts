/** `NAME.json`, beside a captioned shard `NAME.tar` that is whole. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Blip2Error } from '../runtime';
import { canonicalJson, fileError, readJsonObject } from '../checkpoints';
import type { CapFiltSettings } from './options';
import type { CapFiltStatistics } from './statistics';
import type { CapFiltSummary } from './summary';

/** What was made of a shard, and with what. */
export interface ShardRecord {
  shard: string;
  /** Of models, options and the shard that was read: one made otherwise is not taken for it. */
  key: string;
  /** The options, and the hashes of the models. */
  made: CapFiltSettings & { captioner: string; ranker: string };
  summary: CapFiltSummary;
  /** Pictures that could not be read or decoded, and are left out. */
  skipped: number;
  statistics: CapFiltStatistics;
}

export const recordPath = (dir: string, shard: string): string => join(dir, shard.replace(/\.tar$/, '.json'));

/** The record of a shard that is whole. @throws Blip2Error if it was made otherwise */
export function finishedShard(path: string, key: string): ShardRecord | undefined {
  if (!existsSync(path)) return undefined;
  const record = readRecord(path);
  if (record.key === key) return record;
  throw new Blip2Error(`${path}: the shard was made of another, or with other models or options`, {
    hint: 'Give another folder, or what it was made with.',
    exitCode: 2,
  });
}

/** Of all shards of a folder that are whole, by name, and how many are not. */
export interface ShardRecords {
  records: ShardRecord[];
  unfinished: number;
}

/**
 * Whoever made them, on whatever machine.
 * @throws Blip2Error if there is none, or not all were made with the same models and options
 */
export function readShardRecords(dir: string): ShardRecords {
  const shards = namesIn(dir).filter((name) => name.endsWith('.tar'));
  const whole = shards.filter((name) => existsSync(recordPath(dir, name)));
  const records = whole.map((name) => readRecord(recordPath(dir, name)));
  if (records.length === 0) {
    throw new Blip2Error(`${dir} holds no captioned shard that is whole`, {
      hint: 'Give the folder that `blip2 capfilt` wrote shards to (--out).',
    });
  }
  const [first] = records;
  const other = records.find(({ made }) => canonicalJson(made) !== canonicalJson(first.made));
  if (other) {
    throw new Blip2Error(`${dir}: ${first.shard} and ${other.shard} were made with other models or options`, {
      hint: 'Compare "made" in their .json; keep what belongs together in a folder of its own.',
    });
  }
  return { records, unfinished: shards.length - whole.length };
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir).sort();
  } catch (cause) {
    throw fileError(cause, 'read', dir);
  }
}

function readRecord(path: string): ShardRecord {
  const record = readJsonObject(path) as unknown as ShardRecord;
  if (record.key && record.made && record.statistics) return record;
  throw new Blip2Error(`${path} is no record of a captioned shard`, {
    hint: 'Made by an earlier version, or by something else: give another folder, or delete it.',
  });
}
