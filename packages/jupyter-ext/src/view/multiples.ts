/** Every query as a small picture with its heat: pointed at to look, pressed to stay; marked by what is pointed at elsewhere. */
import { places } from '../attention/ranking';
import type { Marks, Shown, Subject } from '../attention/shown';
import type { Sort } from '../attention/state';
import { mapOf } from '../attention/maps';
import { brief, marksName } from '../attention/words';
import { element, newId, setText } from './dom';
import type { Context, Part } from './part';
import { atRest } from './rest';
import { roving } from './roving';
import { shapeOf } from './shape';
import { thumbnails } from './thumbnails';
import { makeTile } from './tiles';

/** So many of the marked queries bear their place. */
const PLACES = 5;

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
  const small = thumbnails(attention, picture, list, tiles);
  const descriptions = atRest();
  /** What was chosen when each tile was last brought up to date. */
  const looks: string[] = [];
  list.addEventListener('focusin', descriptions.now);

  function paint({ stack, sharedTop, state }: Shown): void {
    const heats = tiles.map((_, query) => ({
      map: mapOf(stack, query),
      top: state.scale === 'all' ? sharedTop : stack.tops[query],
    }));
    small.putHeats(heats, state.paint);
  }

  function choose({ state, subject }: Shown): void {
    for (const [query, { option }] of tiles.entries()) {
      const isSelected = query === state.query;
      const isShown = subject.kind === 'query' && subject.index === query;
      const isLocked = state.locked && isSelected;
      const look = [isSelected, isShown, isLocked].join();
      if (looks[query] === look) continue;
      looks[query] = look;
      option.setAttribute('aria-selected', String(isSelected));
      option.toggleAttribute('data-shown', isShown);
      option.toggleAttribute('data-locked', isLocked);
      small.putLook(query, look);
    }
    rove.setStop(state.query);
  }

  /** Drawn for the eye at once, told to others at rest. */
  function mark(marks: Marks | undefined, now: Shown): void {
    const place = marks && places(marks.values);
    const most = marks ? Math.max(...marks.values) : 0;
    const unit = marks?.by === 'patch' ? now.stack.unit : 'share';
    const all = tiles.map((_, query) => {
      const value = marks?.values[query] ?? 0;
      const isFirst = value > 0 && place![query] <= PLACES;
      return {
        text: brief(value, unit),
        part: most > 0 ? value / most : 0,
        ...(isFirst && { place: place![query] }),
      };
    });
    small.putMarks(marks && all);
    descriptions.wish(() => {
      for (const [query, { option }] of tiles.entries()) {
        if (place) option.setAttribute('aria-description', t('%1, place %2', all[query].text, place[query]));
        else option.removeAttribute('aria-description');
      }
    });
  }

  return {
    element: element('div', { class: 'blip2-Queries' }, title, small.element),
    update(now) {
      const before = shown;
      shown = now;
      const isOther = (...keys: (keyof Shown)[]) => keys.some((key) => before?.[key] !== now[key]);
      const isLook = before?.state.paint === now.state.paint && before.state.scale === now.state.scale;
      const isPainted = !isLook || isOther('stack', 'sharedTop');
      const isMarked = !isSameMarks(before?.marks, now.marks) || isOther('stack', 'token', 'step');
      const isChosen = before?.state !== now.state || !isSameSubject(before.subject, now.subject);
      if (isPainted) paint(now);
      if (isMarked) mark(now.marks, now);
      if (isChosen) choose(now);
      if (rove.arrange(now.order)) small.refit();
      else if (isPainted || isMarked || (isChosen && now.marks)) small.redraw();
      setText(
        title,
        now.marks
          ? marksName(t, now, attention)
          : t('%1 queries', attention.queries) + orderName(t, now.state.sort),
      );
    },
    dispose() {
      descriptions.dispose();
      small.dispose();
    },
  };
}

const isSameMarks = (a?: Marks, b?: Marks) => a?.by === b?.by && a?.index === b?.index;
const isSameSubject = (a: Subject, b: Subject) => a.kind === b.kind && a.index === b.index;

const orderName = (t: Context['t'], sort: Sort): string =>
  ({ number: '', entropy: t(', most focused first'), peak: t(', highest peak first') })[sort];
