/** A part of the view: an element that is brought up to date whenever the choice changes. */
import type { Shown } from '../attention/shown';
import type { Choice } from '../attention/choice';

export interface Part {
  element: HTMLElement;
  update(shown: Shown): void;
}

export type Choose = (change: Partial<Choice>) => void;
