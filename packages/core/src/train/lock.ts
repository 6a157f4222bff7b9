/** One process at a time trains in a run folder: `run.lock` names the one that does. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Blip2Error } from '../runtime';
import { fileError, makeFolder } from '../checkpoints';

export const LOCK = 'run.lock';

/** Another process trains in the folder: to be waited for, or reported. */
export class FolderInUse extends Blip2Error {}

interface Owner {
  pid: number;
  host: string;
  /** When the process started, in the kernel's own count: process numbers are given out again. Linux only. */
  started?: string;
}

/** Start time of a living process (proc(5), stat: state is field 3, starttime field 22), where the system tells. */
function startOf(pid: number): string | undefined {
  try {
    // The name in field 2 may hold spaces and brackets.
    const [state, ...rest] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    return state === 'Z' ? undefined : rest[18];
  } catch {
    return undefined;
  }
}

function isAlive({ pid, host, started }: Owner): boolean {
  if (host !== hostname()) return true; // cannot be seen from here
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return startOf(pid) === started;
}

function readOwner(path: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Owner;
  } catch {
    return undefined; // released meanwhile, or cut short by a power loss
  }
}

/**
 * Locks a folder, which is made if need be. What a killed process left behind is taken over.
 * @returns the function that gives the folder back
 * @throws FolderInUse naming the process that has it
 */
export function lockFolder(dir: string): () => void {
  const path = join(dir, LOCK);
  const me: Owner = { pid: process.pid, host: hostname(), started: startOf(process.pid) };
  const create = () => writeFileSync(path, JSON.stringify(me), { flag: 'wx' });
  try {
    makeFolder(dir);
    try {
      create();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const owner = readOwner(path);
      if (owner && isAlive(owner)) throw inUse(dir, path, owner, me);
      rmSync(path, { force: true });
      create();
    }
  } catch (cause) {
    throw fileError(cause, 'write', path);
  }
  return () => rmSync(path, { force: true });
}

function inUse(dir: string, path: string, { pid, host }: Owner, me: Owner): FolderInUse {
  const where = host === me.host ? '' : ` on ${host}`;
  const who = where === '' && pid === me.pid ? 'this process, elsewhere in it' : `process ${pid}${where}`;
  return new FolderInUse(`${dir} is being trained by ${who}`, {
    hint: `Wait for it, stop it, or choose another folder. If it is gone for good, delete ${path}.`,
  });
}
