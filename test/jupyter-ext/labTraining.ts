/** Training curves in JupyterLab: from a folder of runs, from a log, while a run goes on. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Lab } from './jupyterLab';
import { cell, screenshot, soon } from './labPage';

/** Steps of a run that gets better. */
const log = (steps: number, floor: number) =>
  Array.from({ length: steps }, (_, step) => {
    const itc = floor + 3 / (1 + step / 8);
    return `${JSON.stringify({ step, loss: itc + 1, itc, learningRate: 1e-4, samplesPerSecond: 300 })}\n`;
  }).join('');

/** A program that writes a log's first steps, waits until it may write the rest, and until it may end: as training does. */
const training = (run: string) => `import { appendFileSync, existsSync, mkdirSync } from 'node:fs';
mkdirSync('runs/${run}', { recursive: true });
const write = (from = 0, to = 0) => {
  for (let step = from; step < to; step++) {
    appendFileSync('runs/${run}/log.jsonl', JSON.stringify({ step, loss: ${run.length / 5} + 3 / (1 + step), itc: 1 }) + '\\n');
  }
};
const until = async (file = '') => {
  while (!existsSync('runs/${run}/' + file)) await new Promise((done) => setTimeout(done, 50));
};
write(0, 7);
await until('go');
write(7, 19);
await until('end');`;

/** For the notebook. */
export const TRAINING_CELL = training('cell');

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

  it('grows while a cell trains, and while another process does; both are compared', async () => {
    const { page, write, command, bring, folder, kernelIsIdle } = start();
    await bring('outputs.ipynb');
    await kernelIsIdle();
    const found = await cell(page, 6);
    await found.locator('.cm-content').click();
    await page.keyboard.press('Shift+Enter');
    const program = ['--input-type=module', '-e', training('process')];
    const other = spawn(process.execPath, program, { cwd: folder, stdio: 'inherit' });
    await command('blip2:open-training', { folder: 'runs' });
    for (const name of ['cell', 'process']) {
      await curves().getByRole('checkbox', { name, exact: true }).check();
      await soon(status).toContain(`${name}: 7 steps, loss`);
      expect(other.exitCode).toBeNull();
      write(`runs/${name}/go`, '');
      await soon(status).toContain(`${name}: 19 steps, loss`);
    }
    // Neither had ended when its curve had grown.
    expect(other.exitCode).toBeNull();
    const kernel = `[...jupyterapp.shell.widgets('main')].find((one) => one.context?.path === 'outputs.ipynb').sessionContext.session.kernel.status`;
    expect(await page.evaluate(kernel)).toBe('busy');
    await soon(lines).toBeGreaterThanOrEqual(2);
    await screenshot(page, 'lab-training-live');
    for (const name of ['cell', 'process']) write(`runs/${name}/end`, '');
    await once(other, 'exit');
    await command('application:close');
  });

  it('is worked with the keyboard alone', async () => {
    const { page, command } = start();
    await command('blip2:open-training', { folder: 'runs' });
    const focused = () =>
      page.evaluate<string>('document.activeElement.name || document.activeElement.value');
    const press = (key: string) => page.keyboard.press(key);
    await curves().getByLabel('Folder of runs').focus();
    await press('Tab');
    expect(await focused()).toBe('measure');
    const before = await curves().getByLabel('Measure').inputValue();
    await press('ArrowDown');
    await soon(() => curves().getByLabel('Measure').inputValue()).not.toBe(before);
    await press('Tab');
    await press(' ');
    expect(await curves().getByLabel('Logarithmic').isChecked()).toBe(true);
    await press('Tab');
    const run = await focused();
    const box = curves().locator(`input[value="${run}"]`);
    const isChecked = await box.isChecked();
    await press(' ');
    expect(await box.isChecked()).toBe(!isChecked);
    // The list is drawn anew, and the focus is where it was.
    await soon(focused).toBe(run);
    await press(' ');
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
