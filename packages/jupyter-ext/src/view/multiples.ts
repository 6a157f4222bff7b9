/** Every query as a small picture with its heat: pointed at to look, pressed to stay; marked by what is pointed at elsewhere. */
import { places } from '../attention/ranking';
import type { Marks, Shown } from '../attention/shown';
import type { Sort } from '../attention/state';
import { mapOf } from '../attention/maps';
import { brief, marksName } from '../attention/words';
import { element, newId, setBar, setText } from './dom';
import type { Context, Part } from './part';
import { roving } from './roving';
import { shapeOf } from './shape';
import { thumbnails } from './thumbnails';

/** So many of the marked queries bear their place. */
const PLACES = 5;

interface Tile {
  option: HTMLElement;
  /** Where the small picture is drawn. */
  place: HTMLElement;
  label: HTMLElement;
  bar: HTMLElement;
}

export function multiples({ attention, t, change, hover }: Context, picture: HTMLImageElement): Part {
  const tiles = Array.from({ length: attention.queries }, (_, query) =>
    makeTile(t('Query %1', query), query, shapeOf(attention.image)),
  );
  const title = element('p', { class: 'blip2-Heading', id: newId() });
  const list = element(
    'div',
    {
      class: 'blip2-Multiples',
      role: 'listbox',
      'aria-labelledby': title.id,
      'aria-orientation': 'horizontal',
    },
    ...tiles.map(({ option }) => option),
  );
  let shown: Shown | undefined;
  const rove = roving(
    list,
    tiles.map(({ option }) => option),
    {
      point: (query, isByKey) => hover({ query }, isByKey),
      walk: (query) => change({ query }),
      press(query) {
        const isLocked = shown?.state.locked && shown.state.query === query;
        change(isLocked ? { locked: false } : { query, locked: true });
      },
    },
  );
  const small = thumbnails(
    attention,
    picture,
    list,
    tiles.map(({ place }) => place),
  );

  function paint({ stack, sharedTop, state }: Shown): void {
    const heats = tiles.map((_, query) => ({
      map: mapOf(stack, query),
      top: state.scale === 'all' ? sharedTop : stack.tops[query],
    }));
    small.draw(heats, state.paint);
  }

  function choose({ state, subject }: Shown): void {
    for (const [query, { option }] of tiles.entries()) {
      option.setAttribute('aria-selected', String(query === state.query));
      option.toggleAttribute('data-shown', subject.kind === 'query' && subject.index === query);
      option.toggleAttribute('data-locked', state.locked && query === state.query);
    }
    rove.setStop(state.query);
  }

  function mark(marks: Marks | undefined, now: Shown): void {
    const place = marks && places(marks.values);
    const most = marks ? Math.max(...marks.values) : 0;
    const text = (value: number) =>
      marks?.by === 'patch' ? brief(value, now.stack.unit) : brief(value, 'share');
    for (const [query, tile] of tiles.entries()) {
      const value = marks?.values[query] ?? 0;
      setBar(tile.bar, marks && most > 0 ? value / most : 0);
      // Drawn by the style sheet: the name of a tile is its query alone.
      tile.label.dataset.value = marks ? text(value) : '';
      const isFirst = place !== undefined && value > 0 && place[query] <= PLACES;
      tile.option.dataset.place = isFirst ? String(place[query]) : '';
      if (place) tile.option.setAttribute('aria-description', t('%1, place %2', text(value), place[query]));
      else tile.option.removeAttribute('aria-description');
    }
  }

  return {
    element: element('div', { class: 'blip2-Queries' }, title, small.element),
    update(now) {
      const before = shown;
      shown = now;
      const isOther = (...keys: (keyof Shown)[]) => keys.some((key) => before?.[key] !== now[key]);
      const isLook = before?.state.paint === now.state.paint && before.state.scale === now.state.scale;
      if (!isLook || isOther('stack', 'sharedTop')) paint(now);
      if (!isSameMarks(before?.marks, now.marks) || isOther('stack', 'token', 'step')) mark(now.marks, now);
      choose(now);
      if (rove.arrange(now.order)) small.moved();
      setText(
        title,
        now.marks
          ? marksName(t, now, attention)
          : t('%1 queries', attention.queries) + orderName(t, now.state.sort),
      );
    },
    dispose: () => small.dispose(),
  };
}

const isSameMarks = (a?: Marks, b?: Marks) => a?.by === b?.by && a?.index === b?.index;

const orderName = (t: Context['t'], sort: Sort): string =>
  ({ number: '', entropy: t(', most focused first'), peak: t(', highest peak first') })[sort];

function makeTile(name: string, query: number, shape: number): Tile {
  const place = element('span', { class: 'blip2-Thumbnail', style: `aspect-ratio: ${shape}` });
  const label = element('span', { class: 'blip2-Label' }, String(query));
  const bar = element('span', { class: 'blip2-Bar' });
  const option = element(
    'div',
    { role: 'option', class: 'blip2-Tile', 'aria-label': name, tabindex: '-1' },
    place,
    bar,
    label,
  );
  return { option, place, label, bar };
}
