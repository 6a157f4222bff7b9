/** What the colours mean: from nothing to the scale's upper end. */
import { heatPixels } from '../attention/colors';
import { percent } from '../attention/words';
import { element, putPixels } from './dom';
import type { Part } from './part';

const STEPS = 128;
const RAMP = Float32Array.from({ length: STEPS }, (_, step) => step / (STEPS - 1));

export function scaleBar(): Part {
  const bar = element('canvas', { class: 'blip2-Ramp', 'aria-hidden': 'true' });
  const top = element('span');
  return {
    element: element('div', { class: 'blip2-Scale' }, element('span', {}, '0%'), bar, top),
    update(shown) {
      putPixels(bar, heatPixels(RAMP, 1, shown.choice.paint), STEPS);
      top.textContent = `${percent(shown.top)} of attention`;
    },
  };
}
