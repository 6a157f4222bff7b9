/** What processes hold, as Linux tells it: sampled, since the system keeps a peak of all that is resident, not of what is a process's own. */
import { readdirSync, readFileSync } from 'node:fs';

/** Bytes that a process holds. */
export interface Resident {
  /** Of pages that no file backs: nothing but swap frees them while it runs. */
  own: number;
  /** Of mapped files, programs and libraries among them: page cache, which others may share. */
  file: number;
}

/** What a process holds now; undefined where that cannot be known. */
export function resident(pid: number): Resident | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const bytes = (field: string) =>
      1024 * Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
    return { own: bytes('RssAnon') + bytes('RssShmem'), file: bytes('RssFile') };
  } catch {
    return undefined;
  }
}

/** A process, and those that it started. */
function family(pid: number): number[] {
  try {
    const parents = new Map(readdirSync('/proc').flatMap((name) => parentOf(name)));
    const isOf = (one: number | undefined): boolean =>
      one !== undefined && (one === pid || isOf(parents.get(one)));
    return [...parents.keys()].filter(isOf);
  } catch {
    return [];
  }
}

/** The number of a process and that of its parent; nothing if it has ended, or is none. */
function parentOf(name: string): [number, number][] {
  if (!/^\d+$/.test(name)) return [];
  try {
    // The name of a program, in brackets, may have anything in it.
    const [, parent] = /^.*\) \S (\d+)/s.exec(readFileSync(`/proc/${name}/stat`, 'utf8'))!;
    return [[Number(name), Number(parent)]];
  } catch {
    return [];
  }
}

const EVERY_MS = 50;
/** Those that a process started are looked for at every so many samples: it takes milliseconds. */
const FAMILY_EVERY = 10;

/** Watches a process and those that it starts, for the most that one of them holds of its own. */
export class OwnMemory {
  private most?: number;
  private pids: number[] = [];
  private timer?: NodeJS.Timeout;

  constructor(private readonly pid: number) {}

  /** Bytes, of all that was watched; undefined where that cannot be known. */
  get peak(): number | undefined {
    return this.most;
  }

  /** Until `stop`. */
  start(): void {
    let samples = 0;
    this.sample(true);
    this.timer = setInterval(() => this.sample(++samples % FAMILY_EVERY === 0), EVERY_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    this.sample(true);
  }

  private sample(isAnew: boolean): void {
    if (isAnew) this.pids = family(this.pid);
    for (const pid of this.pids) {
      const own = resident(pid)?.own;
      if (own !== undefined) this.most = Math.max(this.most ?? 0, own);
    }
  }
}
