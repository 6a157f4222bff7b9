/**
 * From nothing to a caption: a step starts the `blip2 caption` of the built package in a process of its own and waits for
 * its end. Protocol: bench/peers (README there); the model is bench/models.ts's `blip2-opt-125m`.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelFolder, readConfig, serve } from './serve';

interface StartingCase {
  model: string;
  newTokens: number;
  beams: number;
}

const COMMAND = join(import.meta.dirname, '..', '..', 'packages', 'core', 'bin', 'blip2.cjs');

async function main(): Promise<void> {
  const { beams, model, newTokens } = readConfig<StartingCase>();
  const { encodePng } = await import('../../packages/core/src/image');
  const side = 224;
  const data = Uint8Array.from({ length: side * side * 3 }, (_, i) => (i * 7919) % 256);
  const picture = join(mkdtempSync(join(tmpdir(), 'blip2-bench-')), 'picture.png');
  writeFileSync(picture, (await encodePng({ width: side, height: side, data })).png);
  const count = ['--num-beams', beams, '--max-new-tokens', newTokens, '--min-new-tokens', newTokens];
  const args = [COMMAND, 'caption', '--model', modelFolder(model), picture, ...count.map(String)];
  let peakMemory = 0;

  const step = () =>
    new Promise<void>((resolve, reject) => {
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
      const watch = setInterval(() => (peakMemory = Math.max(peakMemory, peakOf(child.pid!))), 20);
      child.on('close', (code) => {
        clearInterval(watch);
        if (code === 0) resolve();
        else reject(new Error(`blip2 caption ended with ${code}`));
      });
    });
  await serve(step, { peakMemory: () => peakMemory });
}

/** Bytes; 0 where /proc does not tell. */
function peakOf(pid: number): number {
  try {
    return 1024 * Number(/^VmHWM:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

void main();
