/** Python with PyTorch and transformers, where there is one: `BLIP2_PYTHON`, or `python3`. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const python = process.env.BLIP2_PYTHON ?? 'python3';
const script = join(import.meta.dirname, 'askTransformers.py');

/** Why tests with Python are left out; undefined if they can run. */
export const withoutPython: string | undefined =
  spawnSync(python, ['-c', 'import torch, transformers']).status === 0
    ? undefined
    : `${python} has no transformers: pip install -r bench/peers/requirements.txt, and name its Python in BLIP2_PYTHON`;

/** What askTransformers.py answers. @throws what it printed */
export function askPython<T>(request: unknown): T {
  const { stdout, stderr } = spawnSync(python, [script], {
    input: JSON.stringify(request),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const answer = /^ANSWER (.*)$/m.exec(stdout)?.[1];
  if (answer === undefined) throw new Error(stderr.slice(-2000));
  return JSON.parse(answer) as T;
}
