/** Every query as a small picture with its heat; choosing among them works as among radio buttons. */
import type { Attention } from '../attention/bundle';
import { heatPixels } from '../attention/colors';
import { turned } from '../attention/keys';
import { element, putPixels } from './dom';
import type { Choose, Part } from './part';

export function multiples(attention: Attention, choose: Choose): Part {
  const { image, grid, queries } = attention;
  const tiles = Array.from({ length: queries }, (_, query) => {
    const heat = element('canvas', { class: 'blip2-Heat' });
    const button = element(
      'button',
      { type: 'button', role: 'radio', class: 'blip2-Tile', 'aria-label': `Query ${query}` },
      element(
        'span',
        { class: 'blip2-Thumbnail', style: `aspect-ratio: ${image.width} / ${image.height}` },
        element('img', { src: image.url, alt: '', draggable: 'false' }),
        heat,
      ),
      element('span', {}, String(query)),
    );
    button.addEventListener('click', () => choose({ query }));
    return { button, heat };
  });
  const group = element(
    'div',
    { class: 'blip2-Multiples', role: 'radiogroup', 'aria-label': 'Query' },
    ...tiles.map(({ button }) => button),
  );
  group.addEventListener('keydown', (event) => {
    const current = tiles.findIndex(({ button }) => button === document.activeElement);
    const query = current < 0 ? undefined : turned(current, event.key, queries);
    if (query === undefined) return;
    event.preventDefault();
    choose({ query });
    tiles[query].button.focus();
  });
  return {
    element: group,
    update({ choice, maps, tops }) {
      for (const [query, { button, heat }] of tiles.entries()) {
        const isChosen = query === choice.query;
        button.setAttribute('aria-checked', String(isChosen));
        button.tabIndex = isChosen ? 0 : -1;
        putPixels(heat, heatPixels(maps[query], tops[query], choice.paint), grid.columns);
      }
    },
  };
}
