/** Attention in JupyterLab beside outputs: documents, the launcher, the side bar. */
import { expect, it } from 'vitest';
import type { Lab } from './jupyterLab';
import { query, screenshot, soon, viewIn } from './labPage';

export function documentTests(start: () => Lab): void {
  const front = () => start().page.locator('.blip2-Document:visible');

  it('opens a file from the file browser', async () => {
    const { page } = start();
    await page.locator('.jp-DirListing-item', { hasText: 'picture.attention.json' }).dblclick();
    const view = await viewIn(front());
    expect(await view.locator('.blip2-Pane').count()).toBe(1);
    await screenshot(page, 'lab-document');
  });

  it('shows a file as it was when the page is loaded again, until it is closed', async () => {
    const { page, command, reload } = start();
    const chosen = () => query(front().locator('.blip2-Attention'), 6).getAttribute('aria-selected');
    const saved = page.waitForResponse(
      (response) =>
        response.url().includes('/api/workspaces') &&
        (response.request().postData() ?? '').includes('blip2-attention-view:picture.attention.json'),
    );
    await query(await viewIn(front()), 6).click();
    await saved;
    await reload();
    await viewIn(front());
    await soon(chosen).toBe('true');
    await command('application:close');
    await soon(() => front().count()).toBe(0);
    await command('docmanager:open', { path: 'picture.attention.json' });
    await viewIn(front());
    await soon(chosen).toBe('false');
  });

  it('opens a folder of pictures, and asks for each only when it is looked at', async () => {
    const lab = start();
    const asked = () =>
      lab.asked.filter((path) => path.startsWith('/files/many/')).map((path) => path.slice(12));
    lab.asked.length = 0;
    await lab.command('docmanager:open', { path: 'many/index.attention.json' });
    const view = await viewIn(front());
    await view.locator('.blip2-Picture').waitFor();
    await view.getByText('1 of 3').waitFor();
    // The next is fetched while this one is looked at.
    await soon(asked).toEqual(['000.attention.json', '001.attention.json']);
    await view.getByRole('button', { name: 'Next picture' }).click();
    await view.getByText('2 of 3').waitFor();
    await soon(asked).toHaveLength(3);
    await view.getByRole('combobox', { name: 'Beside it' }).selectOption({ label: 'picture 2' });
    await soon(() => view.locator('.blip2-Pane').count()).toBe(2);
    expect(new Set(asked()).size).toBe(asked().length);
    await screenshot(lab.page, 'lab-set');
  });

  it('is in the launcher and the palette', async () => {
    const { page, command } = start();
    await command('launcher:create');
    const launcher = page.locator('.jp-Launcher:visible');
    await launcher.getByText('Open attention bundle…').waitFor();
    await screenshot(page, 'lab-launcher');
    await launcher.getByText('Open attention bundle…').click();
    const dialog = page.locator('.jp-Dialog');
    await dialog.getByText('picture.attention.json').waitFor();
    // Other files are left out, folders are not.
    expect(await dialog.getByText('outputs.ipynb').count()).toBe(0);
    await dialog.locator('.jp-DirListing-item', { hasText: 'many' }).dblclick();
    await dialog.getByText('001.attention.json').click();
    await dialog.getByRole('button', { name: 'Select' }).click();
    const view = await viewIn(front());
    await view.locator('.blip2-Picture').waitFor();
    const labels = await page.evaluate<string[]>(
      `['blip2:open-attention', 'blip2:show-attention-panel', 'blip2:open-training'].map((id) => jupyterapp.commands.label(id))`,
    );
    expect(labels).toEqual([
      'Open attention bundle…',
      'Show the notebook’s attention outputs',
      'Training curves',
    ]);
  });

  it('lists the attention outputs of the notebook, leads to them and opens them in tabs', async () => {
    const { page, command, bring } = start();
    await bring('outputs.ipynb');
    await command('blip2:show-attention-panel');
    const panel = page.locator('.blip2-Panel');
    const items = panel.locator('.blip2-PanelItem');
    await soon(() => items.count()).toBe(3);
    expect(await items.locator('strong').allTextContents()).toEqual(['Cell 1', 'Cell 2', 'Cell 5']);
    expect(await items.nth(2).textContent()).toContain('3 pictures');
    await items.nth(2).click();
    const found = page.locator('.jp-NotebookPanel:visible .jp-Cell').nth(4);
    await soon(() => found.locator('.blip2-Explorer :focus').count()).toBe(1);
    await screenshot(page, 'lab-panel');
    await panel.getByRole('button', { name: 'Open Cell 2 in a tab' }).click();
    const view = await viewIn(front());
    await query(view, 3).click();
    expect(await query(view, 3).getAttribute('aria-selected')).toBe('true');
    await command('application:close');
  });

  it('has a side bar that is worked with the keyboard alone', async () => {
    const { page, bring, command } = start();
    await bring('outputs.ipynb');
    await command('blip2:show-attention-panel');
    const focused = () => page.evaluate<string>('document.activeElement.textContent');
    const buttons = page.locator('.blip2-Panel button');
    await buttons.first().focus();
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Open in a tab');
    await page.keyboard.press('Tab');
    expect(await focused()).toContain('Cell 2');
    await page.keyboard.press('Enter');
    const cell = page.locator('.jp-NotebookPanel:visible .jp-Cell').nth(1);
    await soon(() => cell.locator('.blip2-Explorer :focus').count()).toBe(1);
    await buttons.nth(3).focus();
    await page.keyboard.press(' ');
    await viewIn(front());
    await command('application:close');
  });
}
