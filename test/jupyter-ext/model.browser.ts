// From a model to the screen: the page that `blip2 attend --out page.html` writes shows, in every layer and head, the
// probabilities that the model computes. `npm run test:browser`.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Locator, Page } from 'playwright-core';
import { Blip2Retrieval } from '../../packages/core/src/inference';
import { attentionPage, explorerScript } from '../../packages/core/src/notebook';
import type { QformerOutput } from '../../packages/core/src/models';
import { heatPixels } from '../../packages/jupyter-ext/src/attention/colors';
import { folderOf, picturesOf } from '../support/folders';
import { retrievalPass } from '../support/retrievalPass';
import { chromiumPath } from './chromium';
import { choose, query } from './labPage';
import { launch } from './plainPage';

const TEXT = 'a red circle above a blue square';
/** Of 255: colours come back changed by a rounding, and the model's last digits differ between two ways to run it. */
const TOLERANCE = 2;

describe.skipIf(!chromiumPath || !explorerScript())('a model’s attention on the screen', () => {
  let browser: Browser;
  let page: Page;
  let view: Locator;
  let pass: QformerOutput;

  beforeAll(async () => {
    const dir = folderOf('itm-new');
    const [picture] = picturesOf('itm-new');
    const model = await Blip2Retrieval.load(dir);
    const html = attentionPage(await model.attend(picture, { text: TEXT }));
    model.dispose();
    // Another way to the same numbers: one pass, not compiled, not through a bundle.
    pass = await retrievalPass(dir, picture, TEXT);
    browser = await launch();
    page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
    await page.setContent(html);
    view = page.locator('.blip2-Attention');
    await view.waitFor();
  });

  afterAll(() => browser?.close());

  /** [4 P]: what covers the picture. */
  const pixels = () =>
    view
      .locator('.blip2-Heat')
      .evaluate((canvas: Canvas) =>
        Array.from(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data),
      );

  async function expectMap(map: Float32Array): Promise<void> {
    const [found, expected] = [await pixels(), heatPixels(map, Math.max(...map), 'viridis')];
    expect(found).toHaveLength(expected.length);
    expect(Math.max(...found.map((value, i) => Math.abs(value - expected[i])))).toBeLessThanOrEqual(
      TOLERANCE,
    );
  }

  it('is the tensor of each layer, head and query', async () => {
    await choose(view, 'Scale', 'Each its own');
    for (const [layer, tensor] of Object.entries(pass.crossAttentions)) {
      if (Object.keys(pass.crossAttentions).length > 1) await choose(view, 'Layer', `Layer ${layer}`);
      const [, heads, queries, places] = tensor.shape;
      const values = tensor.dataSync<'float32'>();
      for (let head = 0; head < heads; head++) {
        await choose(view, 'Head', `Head ${head}`);
        for (let index = 0; index < queries; index++) {
          await query(view, index).hover();
          const start = (head * queries + index) * places;
          // The class token comes first.
          await expectMap(values.slice(start + 1, start + places));
        }
      }
    }
  });

  it('is, for a token, the product of its attention on the queries with theirs on the patches', async () => {
    const [self, cross] = [Object.values(pass.selfAttentions), Object.values(pass.crossAttentions)];
    await choose(view, 'Text head', 'Head 1');
    const layer = self.length - 1;
    await choose(view, 'Text layer', `Layer ${layer}`);
    await choose(view, 'Head', 'Head 0');
    const [, , queries, places] = cross[cross.length - 1].shape as number[];
    const [maps, reads] = [cross[cross.length - 1].dataSync<'float32'>(), self[layer].dataSync<'float32'>()];
    const length = self[layer].shape[3]!;
    const token = 2;
    const map = new Float32Array(places - 1);
    for (let index = 0; index < queries; index++) {
      // Head 1, row of the token behind the queries, column of the query.
      const weight = reads[(length + queries + token) * length + index];
      for (let p = 1; p < places; p++) map[p - 1] += weight * maps[index * places + p];
    }
    await view.locator('.blip2-Strip').first().getByRole('option').nth(token).hover();
    await expectMap(map);
  });
});

/** As far as this test knows it. */
interface Canvas {
  width: number;
  height: number;
  getContext(kind: '2d'): {
    getImageData(x: number, y: number, width: number, height: number): { data: ArrayLike<number> };
  };
}
