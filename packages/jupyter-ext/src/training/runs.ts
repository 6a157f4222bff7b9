/**
 * The runs of a folder, and the logs of those that are compared, looked at again and again: a run may be trained by a
 * cell, or by `blip2 pretrain` in another process. A log is read only when its file has changed.
 */
import type { Contents } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';
import { Signal, type ISignal } from '@lumino/signaling';
import { readLog, type LogEntry } from './log';

/** What runs write their steps to. */
export const LOG = 'log.jsonl';

/** Milliseconds between two looks; after failures it waits longer. */
const FREQUENCY = { interval: 1500, max: 20_000, backoff: true };

/** The part of the contents service that is used here. */
export type Files = Pick<Contents.IManager, 'get'>;

interface Log {
  modified: string;
  size: number | undefined;
  entries: LogEntry[];
}

/** The runs of a folder. */
export class Runs implements IDisposable {
  /** Names of the folders, newest first; undefined until they are known or if there is no such folder. */
  names: string[] | undefined;
  /** Names of those that are compared, in the order in which they were chosen. */
  chosen: string[];
  isDisposed = false;
  private readonly logs = new Map<string, Log>();
  private readonly places = new Map<string, number>();
  private readonly signal = new Signal<this, void>(this);
  private readonly poll: Poll;

  /** @param chosen names of runs; the newest if there are none */
  constructor(
    private readonly files: Files,
    readonly folder: string,
    chosen: readonly string[] = [],
  ) {
    this.chosen = [...chosen];
    this.poll = new Poll({
      name: '@blip2/jupyter-ext:runs',
      factory: () => this.look(),
      frequency: FREQUENCY,
      standby: 'when-hidden',
    });
  }

  /** Something was read, or there is nothing to read. */
  get changed(): ISignal<this, void> {
    return this.signal;
  }

  logOf(name: string): readonly LogEntry[] {
    return this.logs.get(name)?.entries ?? [];
  }

  /** A number of its own for each run that was ever chosen: its colour stays while others come and go. */
  placeOf(name: string): number {
    const place = this.places.get(name) ?? this.places.size;
    this.places.set(name, place);
    return place;
  }

  choose(name: string, isChosen: boolean): void {
    this.chosen = this.chosen.filter((one) => one !== name);
    if (isChosen) this.chosen.push(name);
    this.signal.emit();
    void this.poll.refresh();
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    this.poll.dispose();
    Signal.clearData(this);
  }

  private async look(): Promise<void> {
    const before = String(this.names);
    this.names = await this.list();
    if (this.chosen.length === 0 && before === 'undefined') this.chosen = this.names?.slice(0, 1) ?? [];
    const haveGrown = await Promise.all(this.chosen.map((name) => this.read(name)));
    if (this.isDisposed || (!haveGrown.includes(true) && String(this.names) === before)) return;
    this.signal.emit();
  }

  private async list(): Promise<string[] | undefined> {
    const folder = await this.files.get(this.folder, { content: true }).catch(() => undefined);
    if (folder?.type !== 'directory') return undefined;
    const runs = (folder.content as Contents.IModel[]).filter(({ type }) => type === 'directory');
    return runs.sort((a, b) => b.last_modified.localeCompare(a.last_modified)).map(({ name }) => name);
  }

  /** Whether there was anything new. */
  private async read(name: string): Promise<boolean> {
    const path = [this.folder, name, LOG].filter(Boolean).join('/');
    const seen = this.logs.get(name);
    try {
      const { last_modified: modified, size } = await this.files.get(path, { content: false });
      if (seen?.modified === modified && seen.size === size) return false;
      const file = await this.files.get(path, { content: true, type: 'file', format: 'text' });
      this.logs.set(name, { modified, size, entries: readLog(String(file.content)) });
      return true;
    } catch {
      // Not begun yet, or deleted.
      return this.logs.delete(name);
    }
  }
}
