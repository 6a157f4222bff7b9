/**
 * The picture with the chosen query's heat, and a cursor that tells a patch's number: led by the pointer or the arrow
 * keys.
 */
import type { Attention } from '../attention/bundle';
import { heatPixels } from '../attention/colors';
import { moved } from '../attention/keys';
import type { Shown } from '../attention/shown';
import { describePatch, describeQuery } from '../attention/words';
import { element, putPixels } from './dom';
import type { Part } from './part';

/** @param scale drawn right below the picture */
export function picture(attention: Attention, caption: string | undefined, scale: HTMLElement): Part {
  const { image, grid } = attention;
  const heat = element('canvas', { class: 'blip2-Heat', 'aria-hidden': 'true' });
  const cursor = element('div', { class: 'blip2-Cursor' });
  const frame = element(
    'div',
    {
      class: 'blip2-Picture',
      style: `aspect-ratio: ${image.width} / ${image.height}`,
      tabindex: '0',
      role: 'application',
      'aria-roledescription': 'attention map, arrow keys read it patch by patch',
    },
    element('img', { src: image.url, alt: '', draggable: 'false' }),
    heat,
    cursor,
  );
  const readout = element('p', { class: 'blip2-Readout', 'aria-live': 'polite' });
  let shown: Shown | undefined;
  let patch: number | undefined;

  function point(to: number | undefined): void {
    patch = to;
    cursor.hidden = patch === undefined;
    readout.textContent =
      patch === undefined || !shown
        ? 'Point at a patch, or walk with the arrow keys'
        : describePatch(patch, shown, grid);
    if (patch === undefined) return;
    const [row, column] = [Math.floor(patch / grid.columns), patch % grid.columns];
    cursor.style.left = `${(100 * column) / grid.columns}%`;
    cursor.style.top = `${(100 * row) / grid.rows}%`;
  }
  cursor.style.width = `${100 / grid.columns}%`;
  cursor.style.height = `${100 / grid.rows}%`;
  frame.addEventListener('pointermove', (event) => point(patchAt(event, frame, grid)));
  frame.addEventListener('pointerleave', () => point(undefined));
  frame.addEventListener('focus', () => frame.matches(':focus-visible') && point(patch ?? shown?.peak));
  frame.addEventListener('blur', () => point(undefined));
  frame.addEventListener('keydown', (event) => {
    const next = event.key === 'Escape' ? undefined : moved(patch ?? shown?.peak ?? 0, event.key, grid);
    if (next === undefined && event.key !== 'Escape') return;
    event.preventDefault();
    point(next);
  });

  return {
    element: element(
      'figure',
      { class: 'blip2-Main' },
      frame,
      ...(caption === undefined ? [] : [element('figcaption', {}, caption)]),
      scale,
      readout,
    ),
    update(now) {
      shown = now;
      putPixels(heat, heatPixels(now.map, now.top, now.choice.paint), grid.columns);
      frame.setAttribute('aria-label', describeQuery(attention, now));
      point(patch);
    },
  };
}

function patchAt(event: PointerEvent, frame: HTMLElement, { rows, columns }: Attention['grid']): number {
  const box = frame.getBoundingClientRect();
  const along = (at: number, start: number, length: number, count: number) =>
    Math.min(count - 1, Math.max(0, Math.floor(((at - start) / length) * count)));
  return (
    along(event.clientY, box.top, box.height, rows) * columns +
    along(event.clientX, box.left, box.width, columns)
  );
}
