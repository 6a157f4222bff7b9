/**
 * `captions.jsonl`: what was kept for each picture, one JSON object per line, written in whole lines. A file that a
 * killed process left behind is gone on with.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, truncateSync } from 'node:fs';
import { z } from 'zod';
import { Blip2Error } from '../runtime';
import { fileError, writeAll } from '../checkpoints';

const source = z.enum(['web', 'captioner']);

/** Where a caption comes from. */
export type CaptionSource = z.output<typeof source>;

const record = z.object({
  /** Of the picture, unique in its split. */
  id: z.string(),
  /** Best first. */
  captions: z.array(z.string()),
  /** CLIP's cosine of each with the picture. */
  scores: z.array(z.number()).optional(),
  /** Where each comes from. */
  sources: z.array(source).optional(),
  /** What else was ranked, best first. */
  others: z.array(z.object({ caption: z.string(), score: z.number(), source })).optional(),
  /** Place of the web's caption among all that were ranked, from 1; null where there was none. */
  webRank: z.number().int().positive().nullable().optional(),
  /** How many were ranked. */
  ranked: z.number().int().nonnegative().optional(),
  /** Samples passed over: empty, or cut off. */
  broken: z.number().int().nonnegative().optional(),
});

/** A line. Only `id` and `captions` are needed by those who read it. */
export type CaptionRecord = z.output<typeof record>;

/** A line as CapFilt writes it. */
export type RankedRecord = Required<CaptionRecord>;

/** The same, or undefined for lines that others wrote. */
export function asRanked(line: CaptionRecord): RankedRecord | undefined {
  const { scores, sources, others } = line;
  return scores && sources && others ? (line as RankedRecord) : undefined;
}

/** A caption that was ranked. */
export interface RankedCaption {
  caption: string;
  score: number;
  source: CaptionSource;
  kept: boolean;
}

/** All captions that were ranked, best first. */
export function rankedCaptions({ captions, scores, sources, others }: RankedRecord): RankedCaption[] {
  const kept = captions.map((caption, i) => ({ caption, score: scores[i], source: sources[i], kept: true }));
  return [...kept, ...others.map((one) => ({ ...one, kept: false }))];
}

/**
 * All lines of a file.
 * @throws Blip2Error naming the line that is no such record
 */
export function readCaptions(path: string): CaptionRecord[] {
  return wholeLines(readText(path), path);
}

/** A file that grows line by line. */
export class CaptionsFile {
  /** What it holds. */
  readonly records: CaptionRecord[];
  private readonly handle: number;

  /**
   * Opens or makes the file; a last line that was cut short is removed.
   * @throws Blip2Error naming the line that is no record
   */
  constructor(readonly path: string) {
    const text = existsSync(path) ? readText(path) : '';
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    this.records = wholeLines(whole, path);
    if (whole.length < text.length) truncateSync(path, Buffer.byteLength(whole));
    this.handle = this.guarded(() => openSync(path, 'a'));
  }

  append(records: readonly CaptionRecord[]): void {
    const lines = records.map((line) => `${JSON.stringify(line)}\n`).join('');
    this.guarded(() => writeAll(this.handle, Buffer.from(lines)));
    this.records.push(...records);
  }

  /** Makes it durable. */
  close(): void {
    this.guarded(() => fsyncSync(this.handle));
    closeSync(this.handle);
  }

  private guarded<T>(write: () => T): T {
    try {
      return write();
    } catch (cause) {
      throw fileError(cause, 'write', this.path);
    }
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw fileError(cause, 'read', path);
  }
}

function wholeLines(text: string, path: string): CaptionRecord[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line, i) => parseLine(line, `${path} line ${i + 1}`));
}

function parseLine(line: string, where: string): CaptionRecord {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new Blip2Error(`${where} is not JSON`, { hint: 'Delete the line, or the file.', cause });
  }
  const result = record.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0];
  throw new Blip2Error(`${where}: ${path.join('.') || 'the line'}: ${message}`, {
    hint: 'A line is {"id": "…", "captions": ["…", …], …}.',
  });
}
