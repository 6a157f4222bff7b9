/** Runs the `blip2` command: as it is built, in a process of its own, or from the sources in this one. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { format } from 'node:util';
import { vi } from 'vitest';
import { main } from '../../packages/core/src/cli';

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Where the process itself is what is looked at. */
export function blip2(...args: string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'blip2.cjs'), ...args]);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}

/** Where the command is called many times: TensorFlow is loaded once. */
export async function blip2Here(...args: string[]): Promise<Outcome> {
  let [stdout, stderr] = ['', ''];
  const out = (text: unknown) => ((stdout += String(text)), true);
  const err = (text: unknown) => ((stderr += String(text)), true);
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(out),
    vi.spyOn(process.stderr, 'write').mockImplementation(err),
    vi.spyOn(console, 'log').mockImplementation((...said) => out(`${format(...said)}\n`)),
    vi.spyOn(console, 'error').mockImplementation((...said) => err(`${format(...said)}\n`)),
    vi.spyOn(console, 'warn').mockImplementation((...said) => err(`${format(...said)}\n`)),
  ];
  try {
    const code = await main(args);
    return { code, stdout, stderr };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
