/** Runs the `blip2` command, as it is built, in a process of its own. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

export function blip2(...args: string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'blip2.cjs'), ...args]);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}
