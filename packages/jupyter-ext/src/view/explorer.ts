/**
 * The attention explorer: one bundle on view. Plain DOM without JupyterLab, whose renderer only gives it a place; it
 * looks right wherever JupyterLab's `--jp-*` variables or none are set.
 */
import type { Attention } from '../attention/bundle';
import { firstChoice, fit, type Choice, type Wishes } from '../attention/choice';
import { shownFor } from '../attention/shown';
import { CAUTION } from '../attention/words';
import { controls } from './controls';
import { element } from './dom';
import { multiples } from './multiples';
import { picture } from './picture';
import { scaleBar } from './scaleBar';
import { summary } from './summary';

/** Pictures up to this width, which are shown larger than they are, keep their pixels sharp. */
const SMALL = 200;

export class AttentionExplorer {
  readonly element: HTMLElement;
  private current: Choice;
  private readonly parts;

  /** @param before the choice of a view that this one replaces */
  constructor(
    private readonly attention: Attention,
    private readonly wishes: Wishes = {},
    before?: Choice,
  ) {
    this.current = before ? fit(attention, before) : firstChoice(attention, wishes);
    const choose = (change: Partial<Choice>) => this.choose(change);
    const bar = scaleBar();
    const [top, main, numbers, tiles] = (this.parts = [
      controls(attention, choose),
      picture(attention, wishes.caption ?? attention.text, bar.element),
      summary(attention, wishes.objects !== undefined),
      multiples(attention, choose),
      bar,
    ]);
    this.element = element(
      'div',
      // Arrow keys and letters belong to the view, not to the notebook around it.
      {
        class: 'blip2-Attention',
        role: 'group',
        'aria-label': 'Attention',
        'data-lm-suppress-shortcuts': 'true',
      },
      top.element,
      element(
        'div',
        { class: 'blip2-Columns' },
        main.element,
        element('div', { class: 'blip2-Side' }, numbers.element, tiles.element),
      ),
      element('p', { class: 'blip2-Caution' }, CAUTION),
    );
    this.element.dataset.picture = attention.image.width <= SMALL ? 'small' : 'large';
    this.choose({});
  }

  get choice(): Choice {
    return this.current;
  }

  choose(change: Partial<Choice>): void {
    this.current = { ...this.current, ...change };
    this.element.dataset.paint = this.current.paint;
    const shown = shownFor(this.attention, this.current, this.wishes);
    for (const part of this.parts) part.update(shown);
  }
}
