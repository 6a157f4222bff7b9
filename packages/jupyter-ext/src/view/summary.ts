/** The chosen query in numbers. */
import type { Attention } from '../attention/bundle';
import type { Shown } from '../attention/shown';
import { patchName, percent, spread } from '../attention/words';
import { element } from './dom';
import type { Part } from './part';

interface Row {
  name: string;
  help: string;
  text: (shown: Shown) => string;
  /** Drawn as a bar behind the text, where it is a share. */
  share?: (shown: Shown) => number;
}

export function summary(attention: Attention, hasObjects: boolean): Part {
  const { grid } = attention;
  const rows: Row[] = [
    {
      name: 'Class token',
      help: 'The share that goes to the vision tower’s class token, which is no place in the picture',
      text: ({ cls }) => percent(cls),
      share: ({ cls }) => cls,
    },
    {
      name: 'Peak',
      help: 'The patch that is looked at most',
      text: ({ map, peak }) => `${percent(map[peak])}, ${patchName(peak, grid)}`,
      share: ({ map, peak }) => map[peak],
    },
    {
      name: 'Spread',
      help: 'Entropy over the patches: 0 bits for one patch alone, the most for all alike',
      text: ({ entropy }) => spread(entropy, grid.rows * grid.columns),
      share: ({ entropy }) => entropy / Math.log2(grid.rows * grid.columns),
    },
    ...(hasObjects
      ? [
          {
            name: 'On objects',
            help: 'The part of what patches get that falls on objects, and what chance would give',
            text: ({ objects }: Shown) => `${percent(objects!.share)}, by chance ${percent(objects!.chance)}`,
            share: ({ objects }: Shown) => objects!.share,
          },
        ]
      : []),
  ];
  const cells = rows.map(({ name, help }) => {
    const value = element('dd');
    return { value, nodes: [element('dt', { title: help }, name), value] };
  });
  const title = element('h4', { 'aria-live': 'polite' });
  return {
    element: element(
      'div',
      { class: 'blip2-Summary' },
      element('div', {}, title, element('dl', {}, ...cells.flatMap(({ nodes }) => nodes))),
      // The heat takes the picture's colours away; here they are.
      element('img', { src: attention.image.url, alt: 'The picture itself', class: 'blip2-Plain' }),
    ),
    update(shown) {
      title.textContent = `Query ${shown.choice.query}`;
      for (const [i, { text, share }] of rows.entries()) {
        cells[i].value.textContent = text(shown);
        if (share) cells[i].value.style.setProperty('--blip2-share', `${100 * share(shown)}%`);
      }
    },
  };
}
