/**
 * The attention explorer: one output on view. Plain DOM without JupyterLab, whose renderer only gives it a place; it
 * looks right wherever JupyterLab's `--jp-*` variables or none are set.
 */
import type { Attention } from '../attention/bundle';
import type { AttentionSet } from '../attention/set';
import type { Hover } from '../attention/shown';
import { firstState, fit, readState, type ViewState } from '../attention/state';
import { english, type Translate } from '../attention/translate';
import { CAUTION, describePatch, describeShown } from '../attention/words';
import { readWishes, type Wishes } from '../attention/wishes';
import { announcer } from './announcer';
import { controls, controlsKey } from './controls';
import { element } from './dom';
import { errorMessage } from './errorMessage';
import { Items, type Found } from './items';
import { Pane } from './pane';
import type { Part } from './part';
import { saveMenu } from './save';
import { setBar } from './setBar';

/** All of it optional. */
export interface AttentionViewOptions {
  /** Of an earlier view of this output, from anywhere (a notebook's metadata): what does not fit is replaced. */
  state?: unknown;
  /** What the notebook asked for in the output's metadata. */
  wishes?: unknown;
  /** The JSON (parsed or as text) of a file that a set names. Without it, only items inside the set can be seen. */
  fetchItem?: (file: string) => Promise<unknown>;
  trans?: Translate;
  /** The text of the stand-alone script; with it, the view can be saved as a page of its own. */
  script?: () => Promise<string>;
}

/** One output on view. */
export class AttentionView {
  readonly element: HTMLElement;
  private readonly t: Translate;
  private readonly wishes: Wishes;
  private readonly items: Items;
  private readonly bar?: ReturnType<typeof setBar>;
  private readonly body = element('div', { class: 'blip2-Panes' });
  private readonly top = element('div');
  private readonly announcer = announcer();
  private readonly listeners = new Set<(state: ViewState) => void>();
  private readonly save: HTMLElement;
  private controls?: { key: string; part: Part };
  private panes: Pane[] = [];
  private current: ViewState;
  private hovered: { hover: Hover; of?: Attention } = { hover: {} };
  /** Counts what was asked for, so that what comes late is dropped. */
  private turn = 0;

  constructor(
    private readonly output: Attention | AttentionSet,
    private readonly options: AttentionViewOptions = {},
  ) {
    this.t = options.trans ?? english;
    this.wishes = readWishes(options.wishes);
    this.items = new Items(output, this.t, options.fetchItem);
    const { count, names } = this.items;
    // Two things in a set are there to be compared.
    const first = { ...firstState(this.wishes), compare: count === 2 ? 1 : null };
    this.current = this.within(readState(options.state, first));
    const change = (change: Partial<ViewState>) => this.change(change);
    if ('items' in output && count > 1) this.bar = setBar(names, output.title, this.t, change);
    this.save = saveMenu(this.t, {
      panes: () => this.panes,
      ...(options.script && { page: () => this.page(options.script!) }),
    });
    this.element = this.frame();
    this.load();
  }

  /** What is on view: plain JSON, for `options.state` of a later view. */
  get state(): ViewState {
    return structuredClone(this.current);
  }

  /** @returns a function that ends it */
  onStateChange(callback: (state: ViewState) => void): () => void {
    this.listeners.add(callback);
    return () => this.listeners.delete(callback);
  }

  /** Puts something else on view, as a reader would. */
  change(change: Partial<ViewState>): void {
    const before = this.current;
    this.current = this.within({ ...before, ...change });
    if (this.current.item !== before.item || this.current.compare !== before.compare) this.load();
    else this.render();
    this.tell();
    this.announce();
  }

  /** Ends timers and lets go of everything; the element is of no use afterwards. */
  dispose(): void {
    this.turn++;
    this.listeners.clear();
    this.announcer.dispose();
    for (const pane of this.panes) pane.dispose();
    this.panes = [];
    this.element.remove();
  }

  private frame(): HTMLElement {
    const t = this.t;
    const help = t(
      'Point at patches, queries or words to follow them, click to keep. Keys: Tab and arrows to move, Enter to keep, Esc to let go.',
    );
    const view = element(
      'div',
      // Arrow keys and letters belong to the view, not to the notebook around it.
      {
        class: 'blip2-Attention',
        role: 'group',
        'aria-label': t('Attention'),
        'data-lm-suppress-shortcuts': 'true',
      },
      ...(this.bar ? [this.bar.element] : []),
      this.top,
      this.body,
      element('p', { class: 'blip2-Caution' }, t(CAUTION)),
      element('p', { class: 'blip2-Help' }, help),
      this.announcer.element,
    );
    view.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && this.letGo()) event.stopPropagation();
    });
    return view;
  }

  /** What was kept last is let go first: query and patch, then the token. @returns whether there was anything */
  private letGo(): boolean {
    const { locked, patch, token, step } = this.current;
    if (locked || patch !== null) this.change({ locked: false, patch: null });
    else if (token !== null || step !== null) this.change({ token: null, step: null });
    else return false;
    return true;
  }

  /** Reads or fetches the pictures that are to be on view. */
  private load(): void {
    const { item, compare } = this.current;
    const wanted = compare === null ? [item] : [item, compare];
    const turn = ++this.turn;
    const known = wanted.map((index) => this.items.now(index));
    if (known.every((found) => found !== undefined)) return this.show(wanted, known);
    this.element.setAttribute('aria-busy', 'true');
    void Promise.all(wanted.map((index) => this.items.later(index))).then((found) => {
      if (turn === this.turn) this.show(wanted, found);
    });
  }

  private show(wanted: readonly number[], found: readonly Found[]): void {
    const before = this.panes;
    const elements: HTMLElement[] = [];
    this.panes = [];
    for (const [i, one] of found.entries()) {
      if (one instanceof Error) {
        elements.push(errorMessage(one.message));
        continue;
      }
      const name = this.items.names[wanted[i]];
      const isFree = (pane: Pane) => pane.attention === one && !this.panes.includes(pane);
      const pane = before.find(isFree) ?? this.makePane(one, name);
      this.panes.push(pane);
      elements.push(pane.element);
    }
    for (const pane of before) if (!this.panes.includes(pane)) pane.dispose();
    this.body.replaceChildren(...elements);
    this.body.dataset.count = String(elements.length);
    this.element.removeAttribute('aria-busy');
    this.hovered = { hover: {} };
    this.render();
    this.fetchNext(wanted);
  }

  private makePane(attention: Attention, name: string): Pane {
    return new Pane(
      {
        attention,
        t: this.t,
        change: (change) => this.change(change),
        hover: (hover, isByKey) => this.point(hover, attention, isByKey),
      },
      name,
      this.wishes,
    );
  }

  /** The next picture, while this one is looked at. */
  private fetchNext(wanted: readonly number[]): void {
    const next = wanted[0] + 1;
    this.items.keep([...wanted, wanted[0] - 1, next]);
    if (next < this.items.count && this.options.fetchItem) setTimeout(() => void this.items.later(next));
  }

  private point(hover: Hover, of: Attention, isByKey = false): void {
    this.hovered = { hover: { ...this.hovered.hover, ...hover }, of };
    this.render();
    if (isByKey) this.announce();
  }

  private render(): void {
    this.bar?.update(this.current);
    const [lead] = this.panes;
    this.top.hidden = lead === undefined;
    if (!lead) return;
    this.current = fit(lead.attention, this.current);
    this.showControls(lead);
    this.element.dataset.paint = this.current.paint;
    const stacks = this.panes.map((pane) => pane.prepare(this.current, lead.attention).stack);
    for (const [i, pane] of this.panes.entries()) {
      // One scale for both where they have the same unit, so that they can be compared.
      const alike = stacks.filter(({ unit }) => unit === stacks[i].unit);
      const top = Math.max(...alike.flatMap(({ tops }) => tops));
      pane.show(this.hovered.hover, this.hovered.of ?? lead.attention, top, lead.order);
    }
    this.controls!.part.update(lead.shown);
  }

  private showControls({ attention }: Pane): void {
    const key = controlsKey(attention);
    if (this.controls?.key === key) return;
    const context = {
      attention,
      t: this.t,
      change: (change: Partial<ViewState>) => this.change(change),
      hover: () => {},
    };
    this.controls = { key, part: controls(context, this.save) };
    this.top.replaceChildren(this.controls.part.element);
  }

  private tell(): void {
    for (const callback of this.listeners) callback(this.state);
  }

  /** For those who do not see the heat. */
  private announce(): void {
    const [lead] = this.panes;
    if (!lead?.shown) return;
    const { patch } = this.hovered.hover;
    const { shown, attention } = lead;
    this.announcer.say(
      patch === undefined
        ? describeShown(this.t, shown, attention)
        : describePatch(this.t, patch, shown, attention),
    );
  }

  private within(state: ViewState): ViewState {
    const last = this.items.count - 1;
    const compare = state.compare !== null && state.compare <= last ? state.compare : null;
    return { ...state, item: Math.min(state.item, last), compare };
  }

  /** With what is on view inside, and not what would have to be fetched. */
  private async page(script: () => Promise<string>) {
    const items = this.panes.map(({ name, attention }) => ({ name, bundle: attention.json }));
    const isSet = 'items' in this.output;
    const title = (isSet && this.output.title) || 'Where the queries look';
    const json = isSet ? { format: this.output.json.format, title, items } : this.output.json;
    const state = { ...this.state, item: 0, compare: items.length > 1 ? 1 : null };
    return { title, script: await script(), json, state };
  }
}
