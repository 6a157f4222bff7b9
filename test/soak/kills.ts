/**
 * One pre-training run, killed (SIGKILL) at random moments and gone on with each time, and once out of disk space: in the
 * end it has the log values and the weights of a run that nothing happened to, bit for bit.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { numbers } from '../checkpoints/hostileFiles';
import { randomTowerDir } from '../recipes/tower';
import type { SoakOptions } from './main';
import {
  argumentsOf,
  differences,
  halfWritten,
  linesOf,
  loggedAt,
  PRETRAIN,
  QUIET,
  untilSteps,
  type Place,
} from './runs';

const FULL = 50;
const REDUCED = 5;
/** Of the run, for each kill: about what a life gets done and keeps. */
const STEPS_PER_KILL = 4;
/** Of 100 kills, so many come before the first step of a life; the others after it, within some steps. */
const EARLY_PERCENT = 20;

interface Life {
  child: ChildProcess;
  ended: Promise<{ code: number | null; stderr: string }>;
}

function start(run: Place): Life {
  const child = spawn(process.execPath, ['--import', 'tsx', PRETRAIN, ...argumentsOf(run)], {
    env: { ...process.env, ...QUIET },
  });
  let stderr = '';
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  child.stdout.resume();
  return { child, ended: new Promise((resolve) => child.on('close', (code) => resolve({ code, stderr }))) };
}

/** Kills one life; false if it had ended by itself. */
async function killOnce(run: Place, random: (below: number) => number): Promise<'early' | 'late' | 'ended'> {
  const before = loggedAt(run.out);
  const life = start(run);
  const isEarly = random(100) < EARLY_PERCENT;
  let over = false;
  void life.ended.then(() => (over = true));
  if (isEarly) await setTimeout(random(4000));
  else {
    await untilSteps(run, { before, steps: random(2 * STEPS_PER_KILL), isOver: () => over });
    await setTimeout(random(100));
  }
  if (over) return 'ended';
  life.child.kill('SIGKILL');
  await life.ended;
  return isEarly ? 'early' : 'late';
}

export async function kills({ reduced, count = reduced ? REDUCED : FULL, seed, note }: SoakOptions) {
  const random = numbers(seed);
  const dir = mkdtempSync(join(tmpdir(), 'blip2-soak-'));
  const shared = { tower: randomTowerDir(), steps: count * STEPS_PER_KILL };
  const undisturbed = { ...shared, out: join(dir, 'undisturbed'), runs: join(dir, 'a') };
  const killed = { ...shared, out: join(dir, 'killed'), runs: join(dir, 'b') };
  const first = await start(undisturbed).ended;
  if (first.code !== 0) throw new Error(`The undisturbed run failed: ${first.stderr}`);
  note(`undisturbed run: ${shared.steps} steps`);

  const lives = { early: 0, late: 0, ended: 0 };
  let midCheckpoint = 0;
  while (lives.early + lives.late < count && lives.ended === 0) {
    lives[await killOnce(killed, random)]++;
    midCheckpoint += Number(halfWritten(killed.out).length > 0);
    note(`${lives.early + lives.late} kills, ${linesOf(killed.out)} steps logged`);
  }
  const end = await start(killed).ended;
  const differ = end.code === 0 ? differences(killed, undisturbed) : [end.stderr];
  const disk = await fullDisk(dir, undisturbed, note);
  rmSync(dir, { recursive: true });
  return {
    ok: differ.length === 0 && lives.early + lives.late === count && disk.ok,
    kills: lives.early + lives.late,
    beforeTheFirstStep: lives.early,
    inMidCheckpoint: midCheckpoint,
    steps: shared.steps,
    differ,
    fullDisk: disk,
  };
}

/** A file system that holds a few checkpoints, where this process may mount one. */
function smallDisk(mebibytes: number): string | undefined {
  const dir = mkdtempSync(join(tmpdir(), 'blip2-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', dir], { stdio: 'ignore' });
    return dir;
  } catch {
    return undefined;
  }
}

/** The run on a disk that fills up, and gone on with once there is space. */
async function fullDisk(dir: string, undisturbed: Place, note: (message: string) => void) {
  const disk = smallDisk(4);
  if (!disk) {
    note('full disk: left out, for it needs the right to mount a tmpfs');
    return { ok: true, skipped: true };
  }
  const run: Place = { ...undisturbed, out: join(disk, 'run'), runs: join(dir, 'c') };
  const filler = join(disk, 'filler');
  try {
    const life = start(run);
    while (linesOf(run.out) < 10) await setTimeout(5);
    try {
      execFileSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=1k'], { stdio: 'ignore' });
    } catch {
      // dd fails once the disk is full, as it should.
    }
    const { code, stderr } = await life.ended;
    const says = /Cannot write .*no space left.*\n.*disk is full/i.test(stderr);
    const left = halfWritten(run.out);
    rmSync(filler);
    const after = await start(run).ended;
    const differ = after.code === 0 ? differences(run, undisturbed) : [after.stderr];
    note('full disk: gone on with');
    return {
      ok: code === 1 && says && left.length === 0 && differ.length === 0,
      message: stderr.trim(),
      left,
      differ,
    };
  } finally {
    execFileSync('umount', [disk]);
  }
}
