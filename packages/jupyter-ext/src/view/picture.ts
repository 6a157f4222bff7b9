/**
 * The picture with its heat, and a cursor that tells a patch's number: led by the pointer or the arrow keys, and left
 * where it is by a click or Enter.
 */
import type { Attention } from '../attention/bundle';
import { heatPixels } from '../attention/colors';
import { moved } from '../attention/keys';
import type { Shown } from '../attention/shown';
import { describePatch, describeShown } from '../attention/words';
import { element, pixelCanvas, putPixels, setText } from './dom';
import type { Context, Part } from './part';
import { shapeOf } from './shape';
import { sheet } from './sheet';

/** The picture's own element is shared with the small pictures. */
export type PicturePart = Part & { image: HTMLImageElement };

/** @param below drawn right below the picture */
export function picture({ attention, t, change, hover }: Context, ...below: HTMLElement[]): PicturePart {
  const { image, grid } = attention;
  const heat = pixelCanvas({ class: 'blip2-Heat', 'aria-hidden': 'true' });
  let shown: Shown | undefined;
  const cursors = sheet({
    draw(context, fine) {
      if (!shown) return;
      const { patch, state } = shown;
      if (state.patch !== null) drawCursor(context, state.patch, grid, fine, true);
      if (patch !== undefined) drawCursor(context, patch, grid, fine, false);
    },
  });
  const img = element('img', { src: image.url, alt: '', draggable: 'false', decoding: 'sync' });
  const frame = element(
    'div',
    {
      class: 'blip2-Picture',
      style: `aspect-ratio: ${shapeOf(image)}`,
      tabindex: '0',
      role: 'application',
      'aria-roledescription': t('attention map, arrow keys read it patch by patch'),
    },
    img,
    heat.canvas,
    cursors.canvas,
  );
  const readout = element('p', { class: 'blip2-Readout' });
  let pointed: number | undefined;

  function point(patch: number | undefined, isByKey = false): void {
    if (patch === pointed) return;
    pointed = patch;
    hover({ patch }, isByKey);
  }
  const toggle = (patch: number) => change({ patch: shown?.state.patch === patch ? null : patch });

  frame.addEventListener('pointermove', (event) => {
    if (event.pointerType !== 'touch') point(patchAt(event, frame, grid));
  });
  frame.addEventListener('pointerleave', () => point(undefined));
  frame.addEventListener('click', (event) => toggle(patchAt(event, frame, grid)));
  frame.addEventListener('focus', () => {
    if (frame.matches(':focus-visible')) point(shown?.state.patch ?? shown?.peak, true);
  });
  frame.addEventListener('blur', () => point(undefined, true));
  frame.addEventListener('keydown', (event) => {
    const patch = pointed ?? shown?.state.patch ?? shown?.peak ?? 0;
    const next = moved(patch, event.key, grid);
    if (next === undefined && event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    if (next === undefined) toggle(patch);
    else point(next, true);
  });

  return {
    image: img,
    element: element('div', { class: 'blip2-Main' }, frame, ...below, readout),
    update(now) {
      const before = shown;
      shown = now;
      if (before?.map !== now.map || before.top !== now.top || before.state.paint !== now.state.paint) {
        putPixels(heat.context, heatPixels(now.map, now.top, now.state.paint), grid.columns);
        frame.setAttribute('aria-label', describeShown(t, now, attention));
      }
      if (before?.patch !== now.patch || before?.state.patch !== now.state.patch) cursors.redraw();
      setText(
        readout,
        now.patch === undefined
          ? t('Point at a patch to see which queries look there; click to keep it.')
          : describePatch(t, now.patch, now, attention),
      );
    },
    dispose: cursors.dispose,
  };
}

/** White in black, to be seen on any picture; dashed where it stays. */
function drawCursor(
  context: CanvasRenderingContext2D,
  patch: number,
  { rows, columns }: Attention['grid'],
  fine: number,
  isKept: boolean,
): void {
  const { width, height } = context.canvas;
  const line = (index: number, count: number, length: number) => Math.round((index * length) / count);
  const [column, row] = [patch % columns, Math.floor(patch / columns)];
  const [left, top] = [line(column, columns, width), line(row, rows, height)];
  const [right, bottom] = [line(column + 1, columns, width), line(row + 1, rows, height)];
  const frame = (color: string, thick: number, outset: number) => {
    context.strokeStyle = color;
    context.lineWidth = thick;
    const inset = thick / 2 - outset;
    context.strokeRect(left + inset, top + inset, right - left - 2 * inset, bottom - top - 2 * inset);
  };
  const [thin, thick] = [Math.round(fine), Math.round(2 * fine)];
  context.setLineDash([]);
  frame('#000000', thin, thin);
  if (isKept) context.setLineDash([2 * thick, thick]);
  frame('#ffffff', thick, 0);
}

function patchAt(event: MouseEvent, frame: HTMLElement, { rows, columns }: Attention['grid']): number {
  const box = frame.getBoundingClientRect();
  const along = (at: number, start: number, length: number, count: number) =>
    Math.min(count - 1, Math.max(0, Math.floor(((at - start) / length) * count)));
  return (
    along(event.clientY, box.top, box.height, rows) * columns +
    along(event.clientX, box.left, box.width, columns)
  );
}
