/** Goes through the pictures of a set, and puts two side by side. */
import type { ViewState } from '../attention/state';
import type { Translate } from '../attention/translate';
import { choice, element, iconButton } from './dom';

export function setBar(
  names: readonly string[],
  title: string | undefined,
  t: Translate,
  change: (change: Partial<ViewState>) => void,
): { element: HTMLElement; update(state: ViewState): void } {
  let item = 0;
  const go = (to: number) => {
    if (to >= 0 && to < names.length) change({ item: to });
  };
  const previous = iconButton(t('Previous picture'), 'previous', () => go(item - 1));
  const next = iconButton(t('Next picture'), 'next', () => go(item + 1));
  const all = names.map((name, index) => [index, name || t('Picture %1', index + 1)] as const);
  const list = choice(t('Picture'), all, go);
  const beside = choice<number | null>(t('Beside it'), [[null, t('Nothing')], ...all], (compare) =>
    change({ compare }),
  );
  const place = element('span', { class: 'blip2-Count' });
  return {
    element: element(
      'div',
      { class: 'blip2-Set', role: 'group', 'aria-label': title ?? t('Pictures') },
      ...(title ? [element('p', { class: 'blip2-Title' }, title)] : []),
      element('div', { class: 'blip2-Walk' }, previous.button, list.element, next.button, place),
      beside.element,
    ),
    update(state) {
      item = state.item;
      list.show(item);
      beside.show(state.compare);
      place.textContent = t('%1 of %2', item + 1, names.length);
      // Not `disabled`: the button that was pressed last keeps the focus.
      previous.button.setAttribute('aria-disabled', String(item === 0));
      next.button.setAttribute('aria-disabled', String(item === names.length - 1));
    },
  };
}
