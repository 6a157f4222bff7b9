import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { LiveLossCurve, Place, PLOTLY, show, table } from '../../packages/core/src/notebook';

const nodeRequire = createRequire(import.meta.url);
const view = (value: number) => table({ columns: ['x'], values: [[value]] });

afterEach(() => {
  vi.restoreAllMocks();
  for (const path of Object.keys(nodeRequire.cache)) {
    if (path.includes(join('tslab', 'dist'))) delete nodeRequire.cache[path];
  }
});

interface Figure {
  data: { x: number[] }[];
  layout: { title: { subtitle: { text: string } } };
}

/** Puts a module where tslab's kernel would have its own, and returns what it is told to display. */
function pretendKernel() {
  const sent: {
    content: { data: Record<string, unknown>; transient: { display_id?: string } };
    update: boolean;
  }[] = [];
  const folder = join(mkdtempSync(join(tmpdir(), 'blip2-kernel-')), 'tslab', 'dist');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'jupyter.js');
  writeFileSync(file, 'exports.lastWriteDisplayData = null;');
  const kernel = nodeRequire(file) as { lastWriteDisplayData: unknown };
  kernel.lastWriteDisplayData = (content: never, update: boolean) => sent.push({ content, update });
  return sent;
}

it('prints the text where there is no notebook', async () => {
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  await show(view(1), view(2));
  expect(written.mock.calls.map(([text]) => text)).toEqual(['x\n1\n', 'x\n2\n']);
});

it('sends all formats at once to the kernel it runs in', async () => {
  const sent = pretendKernel();
  await show(view(1));
  expect(sent).toHaveLength(1);
  expect(Object.keys(sent[0].content.data)).toEqual(['text/html', 'text/plain']);
  expect(sent[0].update).toBe(false);
});

it('draws over what a place showed before', async () => {
  const sent = pretendKernel();
  const place = new Place();
  for (const value of [1, 2, 3]) await place.show(view(value));
  expect(sent.map(({ update }) => update)).toEqual([false, true, true]);
  expect(new Set(sent.map(({ content }) => content.transient.display_id)).size).toBe(1);
});

it('a live curve ends with the whole run, in the place where it grew', async () => {
  const sent = pretendKernel();
  const printed = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const curve = new LiveLossCurve();
  const log = Array.from({ length: 20 }, (_, step) => ({
    step,
    loss: 1,
    learningRate: 1,
    samplesPerSecond: 100,
  }));
  curve.hooks.onNote('Features of 10 pictures');
  for (const entry of log.slice(10)) await curve.hooks.onStep(entry, 20);
  curve.hooks.onNote('Compiled something');
  await curve.finish({ log, interrupted: false });
  expect(sent.length).toBeGreaterThanOrEqual(2);
  const figures = sent.map(({ content }) => content.data[PLOTLY] as Figure);
  expect(sent[0].content.data[PLOTLY]).toMatchObject({
    layout: { title: { subtitle: { text: 'Features of 10 pictures' } } },
  });
  expect(figures.at(-1)!.data[0].x).toHaveLength(20);
  expect(figures.at(-1)!.layout.title.subtitle.text).toBe('');
  expect(new Set(sent.map(({ content }) => content.transient.display_id)).size).toBe(1);
  expect(printed).not.toHaveBeenCalled();

  curve.hooks.onNote('Interrupted after step 20');
  await curve.finish({ log, interrupted: true });
  expect(sent.at(-1)!.content.data[PLOTLY]).toMatchObject({
    layout: { title: { subtitle: { text: 'Interrupted after step 20' } } },
  });
});
