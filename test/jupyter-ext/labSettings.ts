/** Settings and themes of JupyterLab. */
import { expect, it } from 'vitest';
import { expectNoBarriers } from './barriers';
import type { Lab } from './jupyterLab';
import { screenshot, soon, viewIn } from './labPage';

const THEMES = ['JupyterLab Dark', 'JupyterLab Dark High Contrast', 'JupyterLab Light'];

export function settingsTests(start: () => Lab): void {
  it('begins as the settings say, also where they are changed while it is open', async () => {
    const { page, command } = start();
    await command('docmanager:open', { path: 'picture.attention.json' });
    const place = page.locator('.blip2-Document:visible');
    const colors = async () =>
      (await viewIn(place)).getByRole('combobox', { name: 'Colors', exact: true }).locator('option:checked');
    expect(await (await colors()).textContent()).toBe('Viridis over gray');
    await command('settingeditor:open', { query: 'Attention explorer' });
    await page.locator('select[id$="explorer_paint"]').selectOption({ label: 'cividis' });
    await command('docmanager:open', { path: 'picture.attention.json' });
    await soon(async () => (await colors()).textContent()).toBe('Cividis over gray');
  });

  it.each(THEMES)('follows the theme %s, without barriers that axe finds', async (theme) => {
    const { page, command, bring } = start();
    const color = () =>
      page.evaluate(`getComputedStyle(document.querySelector('.blip2-Document .blip2-Attention')).color`);
    const before = await color();
    await command('apputils:change-theme', { theme });
    await page.waitForFunction(`document.body.dataset.jpThemeName === '${theme}'`);
    if (theme !== THEMES[1]) await soon(color).not.toBe(before);
    const name = theme.replace('JupyterLab ', '').replaceAll(' ', '-').toLowerCase();
    await screenshot(page, `lab-theme-${name}`);
    await bring('outputs.ipynb');
    await command('blip2:show-attention-panel');
    await page.locator('.blip2-PanelItem').first().waitFor();
    await expectNoBarriers(page, '.blip2-Panel', `side bar, ${theme}`);
    await command('blip2:open-training', { folder: 'runs' });
    await page.locator('.blip2-Training:visible .scatterlayer path.js-line').first().waitFor();
    await expectNoBarriers(
      page,
      '.lm-DockPanel-widget:not(.lm-mod-hidden) .blip2-Training',
      `training curves, ${theme}`,
    );
    await screenshot(page, `lab-sides-${name}`);
    await command('application:close');
    await command('docmanager:open', { path: 'picture.attention.json' });
    await viewIn(page.locator('.blip2-Document:visible'));
  });
}
