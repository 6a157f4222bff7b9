/** What is on view, in numbers. */
import { chance, shareOn, sum } from '../attention/measures';
import type { Shown } from '../attention/shown';
import { amount, patchName, percent, spread, subjectName, whereName } from '../attention/words';
import { element } from './dom';
import type { Context, Part } from './part';

interface Row {
  name: string;
  help: string;
  text: (shown: Shown) => string;
  /** Drawn as a bar behind the text. */
  share: (shown: Shown) => number;
  isFor?: (shown: Shown) => boolean;
}

/** @param objects which patches show objects, if that is known */
export function summary({ attention, t }: Context, objects?: readonly boolean[]): Part {
  const { grid, image } = attention;
  const ofAll = (shown: Shown, value: number) => value / (sum(shown.map) + shown.cls || 1);
  const rows: Row[] = [
    {
      name: t('On the queries'),
      help: t('How much of what this token attends to is the queries; the rest is other text'),
      text: ({ onQueries }) => percent(onQueries ?? 0),
      share: ({ onQueries }) => onQueries ?? 0,
      isFor: ({ onQueries }) => onQueries !== undefined,
    },
    {
      name: t('Class token'),
      help: t('The part that goes to the vision tower’s class token, which is no place in the picture'),
      text: (shown) => amount(shown.cls, shown),
      share: (shown) => ofAll(shown, shown.cls),
    },
    {
      name: t('Peak'),
      help: t('The patch that is looked at most'),
      text: (shown) => `${amount(shown.map[shown.peak], shown)}, ${patchName(t, shown.peak, grid)}`,
      share: (shown) => ofAll(shown, shown.map[shown.peak]),
    },
    {
      name: t('Spread'),
      help: t('Entropy over the patches: 0 bits for one patch alone, the most for all alike'),
      text: ({ entropy }) => spread(t, entropy, grid.rows * grid.columns),
      share: ({ entropy }) => entropy / (Math.log2(grid.rows * grid.columns) || 1),
    },
    {
      name: t('On objects'),
      help: t('The part of what patches get that falls on objects, and what chance would give'),
      text: ({ map }) => t('%1, by chance %2', percent(shareOn(map, objects!)), percent(chance(objects!))),
      share: ({ map }) => shareOn(map, objects!),
      isFor: () => objects !== undefined,
    },
  ];
  const cells = rows.map(({ name, help }) => {
    const [term, value] = [element('dt', { title: help }, name), element('dd')];
    return { term, value };
  });
  const [title, lock, where] = [element('strong'), element('span', { class: 'blip2-Lock' }), element('span')];
  return {
    element: element(
      'div',
      { class: 'blip2-Summary' },
      // The heat takes the picture's colours away; here they are.
      element('img', { src: image.url, alt: t('The picture itself'), class: 'blip2-Plain' }),
      element(
        'div',
        {},
        element('p', { class: 'blip2-Subject' }, title, ' ', where, ' ', lock),
        element('dl', {}, ...cells.flatMap(({ term, value }) => [term, value])),
      ),
    ),
    update(shown) {
      title.textContent = subjectName(t, shown.subject, attention);
      where.textContent = whereName(t, shown.state, attention);
      lock.textContent = shown.state.locked ? t('locked, Esc frees it') : '';
      for (const [i, { text, share, isFor }] of rows.entries()) {
        const { term, value } = cells[i];
        term.hidden = value.hidden = isFor !== undefined && !isFor(shown);
        if (term.hidden) continue;
        value.textContent = text(shown);
        value.style.setProperty('--blip2-share', `${(100 * share(shown)).toFixed(1)}%`);
      }
    },
  };
}
