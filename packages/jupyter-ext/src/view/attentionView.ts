/**
 * The attention explorer: one output on view. Plain DOM without JupyterLab, whose renderer only gives it a place; it
 * looks right wherever JupyterLab's `--jp-*` variables or none are set.
 */
import type { Attention } from '../attention/bundle';
import type { AttentionSet } from '../attention/set';
import { firstState, readState, type ViewState } from '../attention/state';
import { english, type Translate } from '../attention/translate';
import { CAUTION, describePatch, describeShown } from '../attention/words';
import { readWishes } from '../attention/wishes';
import { announcer } from './announcer';
import { controls, controlsKey } from './controls';
import { element } from './dom';
import { Items } from './items';
import type { Pane } from './pane';
import type { Context, Part } from './part';
import { saveMenu } from './save';
import { setBar } from './setBar';
import { Stage } from './stage';

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
  private readonly items: Items;
  private readonly stage: Stage;
  private readonly context: Omit<Context, 'attention'>;
  private readonly bar?: ReturnType<typeof setBar>;
  private readonly save: HTMLElement;
  private readonly top = element('div');
  private readonly announcer = announcer();
  private readonly listeners = new Set<(state: ViewState) => void>();
  private controls?: { key: string; part: Part };
  private current: ViewState;

  constructor(
    private readonly output: Attention | AttentionSet,
    options: AttentionViewOptions = {},
  ) {
    const { fetchItem, script } = options;
    const wishes = readWishes(options.wishes);
    this.t = options.trans ?? english;
    this.items = new Items(output, this.t, fetchItem);
    this.context = {
      t: this.t,
      change: (change) => this.change(change),
      hover: (_, isByKey) => {
        if (isByKey) this.announce();
      },
    };
    this.stage = new Stage(this.items, this.context, wishes);
    const { count, names } = this.items;
    // Two things in a set are there to be compared.
    const first = { ...firstState(wishes), compare: count === 2 ? 1 : null };
    this.current = this.within(readState(options.state, first));
    if ('items' in output && count > 1) {
      this.bar = setBar(names, output.title, this.t, this.context.change);
    }
    this.save = saveMenu(this.t, {
      panes: () => this.stage.panes,
      ...(script && { page: () => this.page(script) }),
    });
    this.element = this.frame();
    this.stage.load(this.current, () => this.render());
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
    const { item, compare } = this.current;
    const ready = () => {
      this.render();
      this.announce();
    };
    if (item !== before.item || compare !== before.compare) {
      this.bar?.update(this.current);
      this.stage.load(this.current, ready);
    } else ready();
    for (const callback of this.listeners) callback(this.state);
  }

  /** Ends timers and lets go of everything; the element is of no use afterwards. */
  dispose(): void {
    this.listeners.clear();
    this.announcer.dispose();
    this.stage.dispose();
    this.element.remove();
  }

  private frame(): HTMLElement {
    const t = this.t;
    const help = t(
      'Point at patches, queries or words to follow them, click to keep. Keys: Tab and arrows to move, Enter to keep, Esc to let go.',
    );
    const attributes = {
      class: 'blip2-Attention',
      role: 'group',
      'aria-label': t('Attention'),
      // Arrow keys and letters belong to the view, not to the notebook around it.
      'data-lm-suppress-shortcuts': 'true',
    };
    const view = element(
      'div',
      attributes,
      ...(this.bar ? [this.bar.element] : []),
      this.top,
      this.stage.element,
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

  private render(): void {
    this.current = this.stage.draw(this.current);
    this.bar?.update(this.current);
    this.element.dataset.paint = this.current.paint;
    const { lead } = this.stage;
    this.top.hidden = lead === undefined;
    if (lead) this.controlsFor(lead).update(lead.shown);
  }

  /** Controls stay, and keep the focus, from one picture to the next if that has the same to offer. */
  private controlsFor({ attention }: Pane): Part {
    const key = controlsKey(attention);
    if (this.controls?.key !== key) {
      this.controls = { key, part: controls({ ...this.context, attention }, this.save) };
      this.top.replaceChildren(this.controls.part.element);
    }
    return this.controls.part;
  }

  /** For those who do not see the heat. */
  private announce(): void {
    const { lead, hover } = this.stage;
    if (!lead) return;
    const { name, shown, attention } = lead;
    const said =
      hover.patch === undefined
        ? describeShown(this.t, shown, attention)
        : describePatch(this.t, hover.patch, shown, attention);
    this.announcer.say(name ? `${name}: ${said}` : said);
  }

  private within(state: ViewState): ViewState {
    const last = this.items.count - 1;
    const compare = state.compare !== null && state.compare <= last ? state.compare : null;
    return { ...state, item: Math.min(state.item, last), compare };
  }

  /** With what is on view inside, so that nothing has to be fetched. */
  private async page(script: () => Promise<string>) {
    const items = this.stage.panes.map(({ name, attention }) => ({ name, bundle: attention.json }));
    const { output } = this;
    const title = ('items' in output && output.title) || this.t('Where the queries look');
    const json = 'items' in output ? { format: output.json.format, title, items } : output.json;
    const state = { ...this.state, item: 0, compare: items.length > 1 ? 1 : null };
    return { title, script: await script(), json, state };
  }
}
