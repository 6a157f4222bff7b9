/** Training curves in JupyterLab: from a folder of runs, from a log, while a run goes on. */
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Lab } from './jupyterLab';
import { screenshot, soon } from './labPage';

/** Steps of a run that gets better. */
const log = (steps: number, floor: number) =>
  Array.from({ length: steps }, (_, step) => {
    const itc = floor + 3 / (1 + step / 8);
    return `${JSON.stringify({ step, loss: itc + 1, itc, learningRate: 1e-4, samplesPerSecond: 300 })}\n`;
  }).join('');

export function trainingTests(start: () => Lab): void {
  const curves = () => start().page.locator('.blip2-Training:visible');
  const status = () => curves().getByRole('status').textContent();
  const lines = () => curves().locator('.scatterlayer path.js-line').count();

  it('draws the newest run of the folder, and another beside it', async () => {
    const { page, write, command } = start();
    write('runs/stage1-a/log.jsonl', log(120, 0.4));
    await setTimeout(50);
    write('runs/stage1-b/log.jsonl', log(60, 0.9));
    await command('blip2:open-training');
    await curves().locator('.scatterlayer path.js-line').first().waitFor();
    await soon(status).toContain('stage1-b: 60 steps, loss');
    await curves().getByRole('checkbox', { name: 'stage1-a' }).check();
    await soon(lines).toBe(2);
    await curves().getByLabel('Measure').selectOption('itc');
    await soon(status).toContain('stage1-a: 120 steps, itc');
    await screenshot(page, 'lab-training');
  });

  it('grows while a run goes on, whatever line is half written', async () => {
    const { write } = start();
    write('runs/stage1-b/log.jsonl', `${log(90, 0.9)}{"step": 90, "lo`);
    await soon(status).toContain('stage1-b: 90 steps');
  });

  it('opens a log from its run', async () => {
    const { page, command } = start();
    const offered = await page.evaluate(
      `jupyterapp.docRegistry.preferredWidgetFactories('runs/stage1-a/log.jsonl').map(({ label, name }) => label ?? name)`,
    );
    expect(offered).toContain('Training curves');
    // Opened as before unless it is asked for.
    const usual = await page.evaluate(`jupyterapp.docRegistry.defaultWidgetFactory('a/log.jsonl').name`);
    expect(usual).not.toBe('blip2-training-log');
    await command('docmanager:open', { path: 'runs/stage1-a/log.jsonl', factory: 'blip2-training-log' });
    await soon(status).toMatch(/^stage1-a: 120 steps/);
    expect(await curves().getByLabel('Folder of runs').inputValue()).toBe('runs');
  });

  it('says so where there are no runs', async () => {
    const folder = curves().getByLabel('Folder of runs');
    await folder.fill('nowhere');
    await folder.press('Enter');
    await soon(status).toBe('There is no folder “nowhere” with runs here.');
  });
}
