/**
 * Results on disk as they come, so that an evaluation that is killed goes on: `results.jsonl` has a line for each sample,
 * `results-progress.json` says how much of it is whole and how many pictures are done. What was written after that is cut off.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Blip2Error } from '../../runtime';
import {
  canonicalJson,
  fileError,
  makeFolder,
  sha256,
  writeFileAtomic,
  type JsonObject,
} from '../../checkpoints';
import { FolderInUse, lockFolder } from '../../train';
import { readJson } from '../readJson';

const progressSchema = z.object({ identity: z.string(), done: z.number(), bytes: z.number() });
type Progress = z.output<typeof progressSchema>;

/** Results of a kind, in a folder of their own. */
export class ResultsFile<R extends object> {
  private constructor(
    private readonly dir: string,
    private readonly name: string,
    private readonly handle: number,
    private progress: Progress,
    private readonly release: () => void,
  ) {}

  /**
   * Opens the results of an evaluation, to go on with them if there are any.
   * @param identity all that they depend on
   * @throws Blip2Error if the folder holds those of another evaluation, or another process fills it
   */
  static open<R extends object>(dir: string, identity: JsonObject, name = 'results'): ResultsFile<R> {
    const hash = sha256(canonicalJson(identity));
    const release = lock(dir);
    try {
      const path = join(dir, `${name}.jsonl`);
      const found = readProgress(dir, name);
      if (found && found.identity !== hash) throw another(dir);
      const progress = found ?? { identity: hash, done: 0, bytes: 0 };
      const handle = openSync(path, existsSync(path) ? 'r+' : 'w+');
      if (statSync(path).size < progress.bytes) throw cut(dir, path, progressName(name));
      ftruncateSync(handle, progress.bytes);
      return new ResultsFile<R>(dir, name, handle, progress, release);
    } catch (cause) {
      release();
      throw fileError(cause, 'write', dir);
    }
  }

  /** Pictures whose results are there. */
  get done(): number {
    return this.progress.done;
  }

  /** Adds the results of the next pictures: all of them, or none. @param done pictures up to and with these */
  append(records: readonly R[], done: number): void {
    const bytes = Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    try {
      for (let at = 0; at < bytes.length;) {
        at += writeSync(this.handle, bytes, at, bytes.length - at, this.progress.bytes + at);
      }
      fsyncSync(this.handle);
    } catch (cause) {
      throw fileError(cause, 'write', join(this.dir, `${this.name}.jsonl`));
    }
    this.progress = { ...this.progress, done, bytes: this.progress.bytes + bytes.length };
    writeFileAtomic(join(this.dir, progressName(this.name)), [`${JSON.stringify(this.progress)}\n`]);
  }

  /** All results so far. */
  read(): R[] {
    const lines = readFileSync(join(this.dir, `${this.name}.jsonl`), 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as R);
  }

  close(): void {
    closeSync(this.handle);
    this.release();
  }
}

const progressName = (name: string) => `${name}-progress.json`;

function readProgress(dir: string, name: string): Progress | undefined {
  const path = join(dir, progressName(name));
  if (!existsSync(path)) return undefined;
  return readJson(path, progressSchema, 'It is written by blip2 evaluate. Remove the folder to begin anew.');
}

function lock(dir: string): () => void {
  makeFolder(dir);
  try {
    return lockFolder(dir);
  } catch (error) {
    if (!(error instanceof FolderInUse)) throw error;
    throw new Blip2Error(`${dir} is being filled by another process`, { hint: error.hint, cause: error });
  }
}

const another = (dir: string) =>
  new Blip2Error(`${dir} holds results of another evaluation: other weights, pictures or options`, {
    hint: 'Name another folder with --out, or remove this one.',
    exitCode: 2,
  });

const cut = (dir: string, path: string, progress: string) =>
  new Blip2Error(`${path} is shorter than ${progress} says`, { hint: `Remove ${dir} to begin anew.` });
