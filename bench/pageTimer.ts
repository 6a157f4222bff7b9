/**
 * How long what a page does takes. Beside the time on the clock, which other work on the machine lengthens, stands the
 * time that the page's main thread has worked. The clock runs until what was drawn is on the screen, so it never reads
 * less than the rest of a frame (16.7 ms).
 */
import { cpus, loadavg } from 'node:os';
import type { Page } from 'playwright-core';

/** In the page: milliseconds from the call until what it drew was on the screen. */
const HELPERS = `
window.painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
window.until = async (isThere) => {
  const start = performance.now();
  while (!isThere()) {
    if (performance.now() > start + 120_000) throw new Error('waited in vain until ' + isThere);
    await new Promise((done) => setTimeout(done));
  }
};
window.timed = async (action) => {
  const start = performance.now();
  await action();
  await window.painted();
  return performance.now() - start;
};
window.pointAt = (element, name, place = {}) =>
  element.dispatchEvent(new PointerEvent(name, { bubbles: true, pointerType: 'mouse', ...place }));
window.hoverPatch = (view, i) => timed(() => {
  const picture = view.querySelector('.blip2-Picture');
  const { left, top, width, height } = picture.getBoundingClientRect();
  const [column, row] = [(i * 7) % 16 + 0.5, (i * 3) % 16 + 0.5];
  pointAt(picture, 'pointermove', { clientX: left + (column * width) / 16, clientY: top + (row * height) / 16 });
});
window.hoverOne = (view, selector, i) => timed(() => {
  const all = view.querySelectorAll(selector);
  pointAt(all[i % all.length], 'pointerover');
});
`;

/** Of one page. */
export class PageTimer {
  private constructor(
    private readonly page: Page,
    private readonly metric: (name: string) => Promise<number>,
  ) {}

  static async on(page: Page): Promise<PageTimer> {
    const [load, chromium] = [loadavg()[0].toFixed(1), page.context().browser()!.version()];
    console.log(`${cpus()[0].model}, ${cpus().length} cores, load ${load}, Chromium ${chromium}`);
    await page.evaluate(HELPERS);
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    return new PageTimer(page, async (wanted) => {
      const { metrics } = await session.send('Performance.getMetrics');
      return metrics.find(({ name }) => name === wanted)!.value;
    });
  }

  /** @param code in the page: a promise of milliseconds; `i` counts the times from 0 */
  async record(name: string, code: string, times = 7): Promise<void> {
    const all: number[] = [];
    const before = await this.metric('TaskDuration');
    for (let i = 0; i < times; i++)
      all.push(await this.page.evaluate<number>(`(async (i) => ${code})(${i})`));
    const own = (1000 * ((await this.metric('TaskDuration')) - before)) / times;
    all.sort((a, b) => a - b);
    const [middle, most] = [all[times >> 1], all[times - 1]];
    this.tell(
      name,
      `${own.toFixed(1)} ms of processor time; clock: median ${middle.toFixed(1)} ms, slowest of ${times} ${most.toFixed(1)} ms`,
    );
  }

  /** Pointing about in a view. @param view in the page: an expression for its element */
  async recordHovers(view: string): Promise<void> {
    await this.record('nothing but the next frame', 'timed(() => {})', 60);
    await this.record('hover over a patch', `hoverPatch(${view}, i)`, 60);
    await this.record('hover over a query', `hoverOne(${view}, '.blip2-Tile', i)`, 60);
    await this.record('hover over a token', `hoverOne(${view}, '.blip2-Token', i)`, 60);
  }

  /** What was measured, to be read. */
  tell(name: string, figure: string): void {
    console.log(`${name}: ${figure}`);
  }
}
