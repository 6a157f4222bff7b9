/**
 * A list whose items are pointed at, walked over with the arrow keys and pressed with Enter, as one stop of the Tab key.
 * Items may stand in another order than they were made.
 */
import { turned } from '../attention/keys';

/** What the list tells; `index` is that of the item as it was made. */
export interface RovingEvents {
  /** Pointed at or walked to; undefined when the list is left. */
  point(index: number | undefined, isByKey: boolean): void;
  /** Walked to with a key, where that alone is a choice. */
  walk?(index: number): void;
  press(index: number): void;
}

/** A list made to rove over. */
export interface Roving {
  /** Puts the items into an order; the item with the focus keeps it. @returns whether they stood in another */
  arrange(order: readonly number[]): boolean;
  /** Where the Tab key leads to. */
  setStop(index: number): void;
}

export function roving(list: HTMLElement, items: readonly HTMLElement[], events: RovingEvents): Roving {
  const indexes = new Map<Element, number>(items.map((item, index) => [item, index]));
  let order: readonly number[] = items.map((_, index) => index);
  let stop = -1;
  let isArranging = false;
  const indexOf = (event: Event) => indexes.get((event.target as Element).closest('[role=option]')!);

  list.addEventListener('pointerover', (event) => {
    if (event.pointerType !== 'touch') events.point(indexOf(event), false);
  });
  list.addEventListener('pointerleave', () => events.point(undefined, false));
  list.addEventListener('click', (event) => {
    const index = indexOf(event);
    if (index !== undefined) events.press(index);
  });
  list.addEventListener('focusin', (event) => {
    if (!isArranging && (event.target as Element).matches(':focus-visible'))
      events.point(indexOf(event), true);
  });
  list.addEventListener('focusout', (event) => {
    if (!isArranging && !list.contains(event.relatedTarget as Node | null)) events.point(undefined, true);
  });
  list.addEventListener('keydown', (event) => {
    const index = indexOf(event);
    if (index === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      return events.press(index);
    }
    const place = turned(order.indexOf(index), event.key, items.length, columnsOf(items, order));
    if (place === undefined) return;
    event.preventDefault();
    events.walk?.(order[place]);
    items[order[place]].focus();
  });

  return {
    arrange(next) {
      if (next.every((index, place) => order[place] === index)) return false;
      order = next;
      const focused = items.find((item) => item === document.activeElement);
      isArranging = true;
      list.replaceChildren(...order.map((index) => items[index]));
      focused?.focus();
      isArranging = false;
      return true;
    },
    setStop(index) {
      if (index === stop) return;
      stop = index;
      for (const [i, item] of items.entries()) item.tabIndex = i === index ? 0 : -1;
    },
  };
}

/** How many items stand side by side. */
function columnsOf(items: readonly HTMLElement[], order: readonly number[]): number {
  const top = items[order[0]].offsetTop;
  const next = order.findIndex((index) => items[index].offsetTop > top);
  return next < 1 ? 1 : next;
}
