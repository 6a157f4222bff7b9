/** A part of the view: an element that is brought up to date whenever something else is on view. */
import type { Attention } from '../attention/bundle';
import type { Hover, Shown } from '../attention/shown';
import type { ViewState } from '../attention/state';
import type { Translate } from '../attention/translate';

/** Brought up to date with `update`. */
export interface Part {
  element: HTMLElement;
  update(shown: Shown): void;
  dispose?(): void;
}

/** What parts know, and what they can do. */
export interface Context {
  attention: Attention;
  t: Translate;
  /** The reader has chosen: this stays. */
  change: (change: Partial<ViewState>) => void;
  /** The reader points at something: this is looked at until `undefined` takes it back. */
  hover: (hover: Hover, isByKey?: boolean) => void;
}
