/** What is on view, to take home: as a picture, a drawing, numbers, or a page that opens offline. */
import { figureSvg, numbersCsv } from '../attention/figure';
import { pageHtml } from '../attention/page';
import type { ViewState } from '../attention/state';
import type { Translate } from '../attention/translate';
import { element } from './dom';
import type { Pane } from './pane';

/** What there is to save, asked for when a button is pressed. */
export interface Saveable {
  panes: () => Pane[];
  /** For a page of its own: the output's JSON with nothing left to fetch, and what is on view. */
  page?: () => Promise<{ script: string; json: unknown; state: ViewState; title: string }>;
}

/** Dots per pixel of the drawing. */
const FINE = 2;

export function saveMenu(t: Translate, { panes, page }: Saveable): HTMLElement {
  const ways: [string, () => Promise<void>][] = [
    ['PNG', async () => download(await png(figureSvg(panels())), 'png')],
    ['SVG', async () => download(new Blob([figureSvg(panels()).svg], { type: 'image/svg+xml' }), 'svg')],
    [
      'CSV',
      async () => download(new Blob([numbersCsv(panes().map(numbersOf))], { type: 'text/csv' }), 'csv'),
    ],
    ...(page
      ? [
          [
            'HTML',
            async () => download(new Blob([pageHtml(await page())], { type: 'text/html' }), 'html'),
          ] as [string, () => Promise<void>],
        ]
      : []),
  ];
  const panels = () => panes().map((pane) => pane.panel());
  const names = {
    PNG: t('Picture (PNG)'),
    SVG: t('Drawing (SVG)'),
    CSV: t('Numbers (CSV)'),
    HTML: t('Page that opens offline (HTML)'),
  };
  const menu = element('details', { class: 'blip2-Save' }, element('summary', {}, t('Save')));
  const buttons = ways.map(([kind, save]) => {
    const button = element('button', { type: 'button' }, names[kind as keyof typeof names]);
    button.addEventListener('click', () => {
      menu.open = false;
      menu.querySelector('summary')!.focus();
      void save();
    });
    return button;
  });
  menu.append(element('div', {}, ...buttons));
  menu.addEventListener('focusout', (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget as Node)) menu.open = false;
  });
  menu.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !menu.open) return;
    event.stopPropagation();
    menu.open = false;
    menu.querySelector('summary')!.focus();
  });
  return menu;
}

const numbersOf = ({ name, attention, shown }: Pane) => ({
  name,
  stack: shown.stack,
  state: shown.state,
  columns: attention.grid.columns,
});

/** The drawing as pixels. The browser draws it as it draws any picture, without running anything in it. */
async function png({ svg, width, height }: { svg: string; width: number; height: number }): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const image = new Image(width, height);
    image.src = url;
    await image.decode();
    const canvas = element('canvas');
    [canvas.width, canvas.height] = [FINE * width, FINE * height];
    canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((done, fail) =>
      canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error('no PNG was made'))), 'image/png'),
    );
  } finally {
    URL.revokeObjectURL(url);
  }
}

function download(blob: Blob, extension: string): void {
  const url = URL.createObjectURL(blob);
  element('a', { href: url, download: `attention.${extension}` }).click();
  // The browser has opened it by then.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
