/** One picture on view with all its queries; two of them stand side by side where things are compared. */
import type { Attention } from '../attention/bundle';
import { SMALL, type Panel } from '../attention/figure';
import { prepare, shownFor, type Hover, type Prepared, type Shown } from '../attention/shown';
import { fit, type ViewState } from '../attention/state';
import { noteFor, subjectName, whereName } from '../attention/words';
import { objectsOf, type Wishes } from '../attention/wishes';
import { element, setText } from './dom';
import { multiples } from './multiples';
import type { Context, Part } from './part';
import { picture } from './picture';
import { scaleBar, topText } from './scaleBar';
import { strip } from './strip';
import { summary } from './summary';

/** A picture with its parts. */
export class Pane {
  readonly element: HTMLElement;
  readonly attention: Attention;
  private readonly parts: Part[];
  private readonly note = element('p', { class: 'blip2-Note' });
  private prepared?: Prepared;
  private now?: Shown;

  constructor(
    private readonly context: Context,
    readonly name: string,
    wishes: Wishes,
  ) {
    const { attention, t } = context;
    this.attention = attention;
    const bar = scaleBar(context);
    const main = picture(context, bar.element);
    const numbers = summary(context, objectsOf(wishes, attention.grid));
    const tiles = multiples(context, main.image);
    const strips = (['token', 'step'] as const)
      .filter((kind) => (kind === 'token' ? attention.tokens : attention.generated))
      .map((kind) => strip(context, kind));
    this.parts = [...strips, main, bar, numbers, tiles];
    // A text whose tokens stand in a strip need not be told again.
    const caption = wishes.caption ?? (attention.tokens ? undefined : attention.text);
    if (caption) main.element.append(element('p', { class: 'blip2-Caption' }, caption));
    this.element = element(
      'section',
      { class: 'blip2-Pane', 'aria-label': name || t('Picture') },
      ...(name ? [element('p', { class: 'blip2-Name' }, name)] : []),
      ...strips.map((one) => one.element),
      element(
        'div',
        { class: 'blip2-Columns' },
        main.element,
        element('div', { class: 'blip2-Side' }, numbers.element, tiles.element),
      ),
      this.note,
    );
    this.element.dataset.picture = attention.image.width <= SMALL ? 'small' : 'large';
  }

  /** What is on view; not before `show`. */
  get shown(): Shown {
    return this.now!;
  }

  /** Decodes what a state needs. @param lead the pane whose patches are meant, and whose order of queries is kept */
  prepare(state: ViewState, lead: Pane): Prepared {
    const isOwn = isLike(this.attention, lead.attention);
    const own = fit(this.attention, isOwn ? state : { ...state, patch: null });
    const prepared = prepare(this.attention, own, this.prepared);
    const order = lead === this ? prepared.order : lead.prepared!.order;
    this.prepared = { ...prepared, order: order.length === prepared.order.length ? order : prepared.order };
    return this.prepared;
  }

  /**
   * @param of the picture that is pointed at
   * @param top the scale's upper end where all queries share one
   */
  show(hover: Hover, of: Attention, top: number): void {
    const own = isLike(this.attention, of) ? hover : { ...hover, patch: undefined };
    this.now = shownFor(this.prepared!, own, top);
    setText(this.note, noteFor(this.context.t, this.now, this.attention));
    for (const part of this.parts) part.update(this.now);
  }

  /** For a figure of what is on view. */
  panel(): Panel {
    const { attention, shown } = this;
    const { t } = this.context;
    return {
      attention,
      map: shown.map,
      top: shown.top,
      paint: shown.state.paint,
      title: [this.name, subjectName(t, shown.subject, attention)].filter(Boolean).join(' · '),
      subtitle: whereName(t, shown.state, attention),
      topText: topText(t, shown),
      marked: shown.patch,
    };
  }

  dispose(): void {
    for (const part of this.parts) part.dispose?.();
    this.element.remove();
  }
}

const isLike = (a: Attention, b: Attention): boolean =>
  a.grid.rows === b.grid.rows && a.grid.columns === b.grid.columns;
