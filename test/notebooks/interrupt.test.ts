// A notebook's stop button in the middle of training, pressed through Jupyter's protocol on the TypeScript kernel.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const python = join(root, '.blip2', 'python', 'bin', 'python');
const kernel = join(root, '.blip2', 'python', 'share', 'jupyter', 'kernels', 'tslab');
const library = join(root, 'packages', 'core', 'dist', 'index.js');
const missing = [python, kernel, library].find((path) => !existsSync(path));

interface Cell {
  status: string;
  text: string;
}

interface Report {
  prepared: Cell;
  trained: Cell;
  reopened: Cell;
  again: Cell;
  logged: number;
}

async function pressStop(run: string): Promise<Report> {
  const { stdout } = await promisify(execFile)(
    python,
    [join(root, 'test', 'notebooks', 'interrupt.py'), run],
    {
      cwd: join(root, 'notebooks'),
      env: {
        ...process.env,
        JUPYTER_PREFER_ENV_PATH: '1',
        JUPYTER_RUNTIME_DIR: join(run, '..', 'jupyter'),
        BLIP2_RUNS: join(run, '..', 'runs'),
      },
      timeout: 110_000,
    },
  );
  return JSON.parse(stdout) as Report;
}

if (missing) console.warn(`A cell interrupted: skipped, there is no ${missing} (npm run setup makes it)`);

describe.skipIf(missing)('a cell interrupted in mid-training', () => {
  let report: Report;
  let steps: string[];

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'blip2-notebook-'));
    const run = join(folder, 'run');
    report = await pressStop(run);
    steps = readdirSync(join(run, 'checkpoints'));
    rmSync(folder, { recursive: true });
  });

  it('ends without an error, and says where the run is', () => {
    expect(report.prepared).toMatchObject({ status: 'ok' });
    expect(report.trained.status).toBe('ok');
    expect(report.trained.text).toContain('Stopping after this step');
    expect(report.trained.text).toContain(`Interrupted after step ${report.logged}: saved in`);
  });

  it('has saved after its last step', () => {
    expect(report.logged).toBeGreaterThanOrEqual(5);
    expect(steps).toEqual([`step-${report.logged}`]);
    expect(JSON.parse(report.reopened.text)).toEqual({
      step: report.logged,
      logged: report.logged,
      interrupted: true,
    });
  });

  it('leaves a kernel that runs the next cell', () => {
    expect(report.again).toEqual({ status: 'ok', text: '42\n' });
  });
});
