/** What the colours mean: from nothing to the scale's upper end. */
import { gradientOf } from '../attention/colors';
import { amount } from '../attention/words';
import { element, setText } from './dom';
import type { Context, Part } from './part';

export function scaleBar({ t }: Context): Part {
  const bar = element('span', { class: 'blip2-Ramp' });
  const top = element('span');
  let paint: string | undefined;
  return {
    element: element('div', { class: 'blip2-Scale' }, element('span', {}, '0'), bar, top),
    update(shown) {
      if (shown.state.paint !== paint) bar.style.backgroundImage = gradientOf(shown.state.paint);
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
