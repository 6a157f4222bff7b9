/** What is on view, in numbers. */
import { chance, shareOn, sum } from '../attention/measures';
import type { Shown } from '../attention/shown';
import { amount, patchName, percent, spread, subjectName, whereName } from '../attention/words';
import { element, setText } from './dom';
import type { Context, Part } from './part';

interface Row {
  name: string;
  help: string;
  text: (shown: Shown) => string;
  /** Drawn as a bar behind the text. */
  share: (shown: Shown) => number;
  /** Whether there is such a number; always unless told. */
  isFor?: boolean;
}

/** @param objects which patches show objects, if that is known */
export function summary({ attention, t }: Context, objects?: readonly boolean[]): Part {
  const { grid, image } = attention;
  const ofAll = (shown: Shown, value: number) => value / (sum(shown.map) + shown.cls || 1);
  const all: Row[] = [
    {
      name: t('On the queries'),
      help: t('How much of what this token attends to is the queries; the rest is other text'),
      // The row stays while queries are looked at: nothing moves away under the pointer.
      text: ({ onQueries }) => (onQueries === undefined ? '–' : percent(onQueries)),
      share: ({ onQueries }) => onQueries ?? 0,
      isFor: attention.tokens !== undefined || attention.generated !== undefined,
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
      isFor: objects !== undefined,
    },
  ];
  const rows = all.filter(({ isFor = true }) => isFor);
  const cells = rows.map(({ name, help }) => {
    const [term, value] = [element('dt', { title: help }, name), element('dd')];
    return { term, value };
  });
  const title = element('strong');
  const lock = element('span', { class: 'blip2-Lock' }, t('locked, Esc frees it'));
  const where = element('p', { class: 'blip2-Where' });
  return {
    element: element(
      'div',
      { class: 'blip2-Summary' },
      // The heat takes the picture's colours away; here they are.
      element('img', { src: image.url, alt: t('The picture itself'), class: 'blip2-Plain' }),
      element(
        'div',
        {},
        element('p', { class: 'blip2-Subject' }, title, lock),
        where,
        element('dl', {}, ...cells.flatMap(({ term, value }) => [term, value])),
      ),
    ),
    update(shown) {
      setText(title, subjectName(t, shown.subject, attention));
      setText(where, whereName(t, shown.state, attention));
      lock.hidden = !shown.state.locked;
      for (const [i, { text, share }] of rows.entries()) {
        const { value } = cells[i];
        setText(value, text(shown));
        value.style.setProperty('--blip2-share', `${(100 * share(shown)).toFixed(1)}%`);
      }
    },
  };
}
