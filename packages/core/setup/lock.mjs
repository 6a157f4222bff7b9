// Two set-ups at once (two terminals, a notebook and a test) would undo each other's work: the second one waits.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { paths } from './paths.mjs';

const lockFile = join(paths.state, 'setup.lock');
let isHeld = false;

/** Runs `work` while holding the lock. A lock whose processes are gone (power loss, kill -9) is taken over. */
export async function withLock(work) {
  mkdirSync(paths.state, { recursive: true });
  let hasToldToWait = false;
  while (!tryLock()) {
    if (!hasToldToWait)
      console.error(`Another set-up (process ${holders().join(', ')}) is at work: waiting for it.`);
    hasToldToWait = true;
    await sleep(500);
  }
  isHeld = true;
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

/** Names a child process in the lock: should this process be killed, the next one waits for the orphan to end. */
export function addToLock(pid) {
  if (isHeld) writeFileSync(lockFile, `${process.pid} ${pid}`);
}

function release() {
  isHeld = false;
  rmSync(lockFile, { force: true });
}

function tryLock() {
  try {
    writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (!holders().some(isAlive)) rmSync(lockFile, { force: true });
    return false;
  }
}

function holders() {
  try {
    return readFileSync(lockFile, 'utf8').split(' ').map(Number).filter(Boolean);
  } catch {
    return [];
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
