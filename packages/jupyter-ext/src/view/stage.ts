/** The pictures on view, one or two of them: read or fetched when they are asked for, and drawn together. */
import type { Attention } from '../attention/bundle';
import type { Hover } from '../attention/shown';
import { fit, type ViewState } from '../attention/state';
import type { Wishes } from '../attention/wishes';
import { element } from './dom';
import { errorMessage } from './errorMessage';
import type { Found, Items } from './items';
import { Pane } from './pane';
import type { Context } from './part';

/** The pictures on view. */
export class Stage {
  readonly element = element('div', { class: 'blip2-Panes' });
  panes: Pane[] = [];
  /** The scale's upper end in each pane. */
  private tops: number[] = [];
  private hovered: { hover: Hover; of?: Attention } = { hover: {} };
  /** Counts what was asked for, so that what comes late is dropped. */
  private turn = 0;

  /** @param context what panes can do; `hover` is told what is pointed at once that is drawn */
  constructor(
    private readonly items: Items,
    private readonly context: Omit<Context, 'attention'>,
    private readonly wishes: Wishes,
  ) {}

  /** The picture whose layers, heads and queries the controls offer. */
  get lead(): Pane | undefined {
    return this.panes.at(0);
  }

  get hover(): Hover {
    return this.hovered.hover;
  }

  /** Reads or fetches the pictures of a state. @param ready told when they are here; at once, if nothing is fetched */
  load({ item, compare }: ViewState, ready: () => void): void {
    const wanted = compare === null ? [item] : [item, compare];
    const turn = ++this.turn;
    const show = (found: readonly Found[]) => {
      this.element.removeAttribute('aria-busy');
      this.show(wanted, found);
      ready();
      this.fetchNext(wanted);
    };
    const known = wanted.map((index) => this.items.now(index));
    if (known.every((found) => found !== undefined)) return show(known);
    this.element.setAttribute('aria-busy', 'true');
    void Promise.all(wanted.map((index) => this.items.later(index))).then((found) => {
      if (turn === this.turn) show(found);
    });
  }

  /** Draws a state. @returns it as it fits the pictures */
  draw(state: ViewState): ViewState {
    const { lead } = this;
    if (!lead) return state;
    const own = fit(lead.attention, state);
    const stacks = this.panes.map((pane) => pane.prepare(own, lead).stack);
    // One scale for both where they have the same unit, so that they can be compared.
    this.tops = stacks.map(({ unit }) =>
      Math.max(...stacks.filter((stack) => stack.unit === unit).flatMap(({ tops }) => tops)),
    );
    this.drawHover();
    return own;
  }

  /** Draws what is pointed at; all else is as it was. */
  private drawHover(): void {
    const { hover, of = this.lead?.attention } = this.hovered;
    for (const [i, pane] of this.panes.entries()) pane.show(hover, of!, this.tops[i]);
  }

  dispose(): void {
    this.turn++;
    for (const pane of this.panes) pane.dispose();
    this.panes = [];
  }

  /** Panes of pictures that are on view already are kept. */
  private show(wanted: readonly number[], found: readonly Found[]): void {
    const before = this.panes;
    this.panes = [];
    const elements = found.map((one, i) => {
      if (one instanceof Error) return errorMessage(one.message);
      const isFree = (pane: Pane) => pane.attention === one && !this.panes.includes(pane);
      const pane = before.find(isFree) ?? this.makePane(one, this.items.names[wanted[i]]);
      this.panes.push(pane);
      return pane.element;
    });
    for (const pane of before) if (!this.panes.includes(pane)) pane.dispose();
    this.element.replaceChildren(...elements);
    this.element.dataset.count = String(elements.length);
    this.hovered = { hover: {} };
  }

  private makePane(attention: Attention, name: string): Pane {
    const hover = (hover: Hover, isByKey?: boolean) => {
      this.hovered = { hover: { ...this.hover, ...hover }, of: attention };
      this.drawHover();
      this.context.hover(this.hover, isByKey);
    };
    return new Pane({ ...this.context, attention, hover }, name, this.wishes);
  }

  /** The next picture, while this one is looked at; those that are far away are forgotten. */
  private fetchNext(wanted: readonly number[]): void {
    const next = wanted[0] + 1;
    this.items.keep([...wanted, wanted[0] - 1, next]);
    if (next < this.items.count && this.items.canFetch) setTimeout(() => void this.items.later(next));
  }
}
