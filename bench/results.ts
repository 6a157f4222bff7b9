/** What a run of the bench leaves: results.json and index.html, written anew after each case, so that nothing is lost. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { writeFileAtomic } from '../packages/core/src/checkpoints/files';
import { environment } from '../packages/core/src/studies/environment';
import { CASES } from './cases';
import { CURVES, type CurveResult } from './curves';

import { page } from './page';
import type { Peaks } from './peak';
import { comparedAnew, mergeRows, type Row } from './rows';

/** Where and with what something was measured: results stand in one file only where this is the same. */
export interface Machine {
  cpu: string;
  cores: number;
  features?: string[];
  memoryGigabytes: number;
  threads: number;
  /** Of ours, and of the peers' Python; without PyTorch ours alone is timed. */
  versions: Record<string, string>;
}

/** When, and of which state of the repository. */
export interface Made {
  commit: string;
  /** Whether files other than docs/ differed from the commit. */
  dirty?: boolean;
  finished: string;
}

/** The file. */
export interface Results {
  machine: Machine;
  peaks: Peaks;
  rows: (Row & Made)[];
  curves: (CurveResult & Made)[];
}

/** Of this process. */
export function machineOf(threads: number, cores: number, python: Record<string, string> = {}): Machine {
  const { blip2, node, tensorflow, cpu, features } = environment();
  return {
    ...{ cpu, cores, features, threads },
    memoryGigabytes: Math.round(totalmem() / 1e9),
    versions: { blip2, node, tensorflow, ...python },
  };
}

const git = (...args: string[]): string =>
  execFileSync('git', ['-C', import.meta.dirname, ...args], { stdio: ['ignore', 'pipe', 'ignore'] })
    .toString()
    .trim();

function made(): Made {
  const finished = new Date().toISOString();
  try {
    const changes = git('status', '--porcelain', '--untracked-files=no', '--', ':/', ':(top,exclude)docs');
    return { commit: git('rev-parse', '--short', 'HEAD'), dirty: changes !== '', finished };
  } catch {
    return { commit: 'unknown', finished }; // no clone
  }
}

const pathIn = (dir: string): string => join(dir, 'results.json');

/** What a run left in a folder; what follows from its figures is found anew. */
export function readResults(dir: string): Results | undefined {
  if (!existsSync(pathIn(dir))) return undefined;
  const found = JSON.parse(readFileSync(pathIn(dir), 'utf8')) as Results;
  return { ...found, rows: found.rows.map((row) => comparedAnew(row, found.machine.versions.torch)) };
}

/** The file and its page. */
export function writeResults(dir: string, results: Results): void {
  writeFileAtomic(pathIn(dir), [`${JSON.stringify(results, null, 2)}\n`]);
  writeFileAtomic(join(dir, 'index.html'), [page(results).text]);
}

/** Collects what is measured; with a folder, into its file, keeping what the same machine left there of other cases. */
export class Collector {
  readonly results: Results;

  constructor(
    machine: Machine,
    peaks: Peaks,
    private readonly dir?: string,
  ) {
    const found = dir ? readResults(dir) : undefined;
    const isSame = JSON.stringify(found?.machine) === JSON.stringify(machine);
    this.results = { machine, peaks, rows: [], curves: [], ...(isSame ? found : undefined) };
    this.results.peaks = { ...this.results.peaks, ...peaks };
  }

  addRow(row: Row): void {
    const place = (one: Row) => CASES.findIndex(({ name }) => name === one.case);
    const { rows, machine } = this.results;
    const isSame = (one: Row) => one.case === row.case && one.ours.variant === row.ours.variant;
    const merged = { ...mergeRows(row, rows.find(isSame), machine.versions.torch), ...made() };
    const others = rows.filter((one) => !isSame(one));
    this.results.rows = [...others, merged].sort((a, b) => place(a) - place(b));
    this.write();
  }

  addCurve(curve: CurveResult): void {
    const place = (one: CurveResult) => CURVES.findIndex(({ name }) => name === one.name);
    const others = this.results.curves.filter(({ name }) => name !== curve.name);
    this.results.curves = [...others, { ...curve, ...made() }].sort((a, b) => place(a) - place(b));
    this.write();
  }

  private write(): void {
    if (this.dir) writeResults(this.dir, this.results);
  }
}
