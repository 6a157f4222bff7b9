/** What the colours mean: from nothing to the scale's upper end. */
import { heatPixels } from '../attention/colors';
import { amount } from '../attention/words';
import { element, pixelCanvas, putPixels, setText } from './dom';
import type { Context, Part } from './part';

const STEPS = 128;
const RAMP = Float32Array.from({ length: STEPS }, (_, step) => step / (STEPS - 1));

export function scaleBar({ t }: Context): Part {
  const bar = pixelCanvas({ class: 'blip2-Ramp', 'aria-hidden': 'true' });
  const top = element('span');
  let paint: string | undefined;
  return {
    element: element('div', { class: 'blip2-Scale' }, element('span', {}, '0'), bar.canvas, top),
    update(shown) {
      if (shown.state.paint !== paint) putPixels(bar.context, heatPixels(RAMP, 1, shown.state.paint), STEPS);
      paint = shown.state.paint;
      setText(top, topText(t, shown));
    },
  };
}

/** What the scale's upper end is. */
export const topText = (t: Context['t'], shown: Parameters<Part['update']>[0]): string => {
  const value = amount(shown.top, shown);
  return shown.stack.unit === 'share' ? t('%1 of attention', value) : t('%1, gradient-weighted', value);
};
