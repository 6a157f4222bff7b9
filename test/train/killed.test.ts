/** Runs as processes: killed, interrupted, out of disk space. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { readLog, type LogEntry } from '../../packages/core/src/train';

const script = join(import.meta.dirname, 'trainTiny.ts');
const folder = () => mkdtempSync(join(tmpdir(), 'blip2-killed-'));
const values = (log: LogEntry[]) => log.map(({ samplesPerSecond: _, ...rest }) => rest);

interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

function start(...args: string[]): { child: ChildProcess; ended: Promise<Outcome> } {
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...args]);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const ended = new Promise<Outcome>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr })),
  );
  return { child, ended };
}

async function untilStep(dir: string, step: number): Promise<void> {
  const path = join(dir, 'log.jsonl');
  while (!existsSync(path) || readFileSync(path, 'utf8').split('\n').length <= step) await setTimeout(5);
}

describe('a run in a process of its own', () => {
  test('kill -9 in mid-run, then resume: the values of an undisturbed run', async () => {
    const [undisturbed, killed] = [join(folder(), 'a'), join(folder(), 'b')];
    const whole = start(undisturbed);
    const first = start(killed);
    await untilStep(killed, 15);
    first.child.kill('SIGKILL');
    expect((await first.ended).signal).toBe('SIGKILL');
    const reached = readLog(join(killed, 'log.jsonl')).length;
    expect(reached).toBeLessThan(40);
    const second = await start(killed, 'resume').ended;
    expect(JSON.parse(second.stdout)).toEqual({ step: 40, interrupted: false });
    await whole.ended;
    const [expected, actual] = [undisturbed, killed].map((dir) => values(readLog(join(dir, 'log.jsonl'))));
    expect(actual).toHaveLength(40);
    expect(actual).toEqual(expected);
    const weights = [undisturbed, killed].map((dir) =>
      readFileSync(join(dir, 'checkpoints/step-40/model.safetensors')),
    );
    expect(weights[1].equals(weights[0])).toBe(true);
  });

  test('Ctrl-C ends after the current step, saves and says how to go on', async () => {
    const out = join(folder(), 'run');
    const { child, ended } = start(out);
    await untilStep(out, 8);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    const { step, interrupted } = JSON.parse(stdout) as { step: number; interrupted: boolean };
    expect({ code, interrupted }).toEqual({ code: 0, interrupted: true });
    expect(existsSync(join(out, `checkpoints/step-${step}/manifest.json`))).toBe(true);
    expect(readLog(join(out, 'log.jsonl'))).toHaveLength(step);
    expect(stderr).toMatch(/Interrupted after step \d+: saved in .*--resume/);
  });
});

/** A file system of 64 KiB, where this process may mount one. */
function smallDisk(): string | undefined {
  const dir = folder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dir], { stdio: 'ignore' });
    return dir;
  } catch {
    return undefined;
  }
}

describe('a full disk', () => {
  test('stops the run with a message and leaves the last whole checkpoint', async ({
    skip,
    onTestFinished,
  }) => {
    const disk = smallDisk();
    if (!disk) return skip('needs the right to mount a tmpfs');
    onTestFinished(() => void execFileSync('umount', [disk]));
    const out = join(disk, 'run');
    mkdirSync(out);
    const { child, ended } = start(out);
    await untilStep(out, 7);
    try {
      execFileSync('dd', ['if=/dev/zero', `of=${join(disk, 'filler')}`, 'bs=1k'], { stdio: 'ignore' });
    } catch {
      // dd fails once the disk is full, as it should.
    }
    const { code, stderr } = await ended;
    expect(child.killed).toBe(false);
    expect(code).toBe(1);
    expect(stderr).toMatch(/Cannot write .*run.*no space left/i);
    expect(existsSync(join(out, 'checkpoints/step-6/manifest.json'))).toBe(true);
  });
});
