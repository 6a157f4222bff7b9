/** Training curves on view: which runs of a folder, which measure, and the plot, which grows while runs train. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ISignal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';
import { Plot } from '../plotly/draw';
import { element } from '../view/dom';
import { colorOf, trainingFigure } from './figure';
import { curveOf, measures } from './log';
import { Runs, type Files } from './runs';

/** What to begin with. */
export interface CurvesOptions {
  files: Files;
  trans: TranslationBundle;
  /** The page has other colours. */
  themeChanged?: ISignal<unknown, unknown> | undefined;
  /** Holds one folder per run. */
  folder: string;
  /** Names of runs; the newest if there are none. */
  chosen?: readonly string[];
}

/** Training curves of the runs in a folder. */
export class TrainingCurves extends Widget {
  private runs!: Runs;
  private readonly plot = new Plot();
  private readonly folder = element('input', { type: 'text', name: 'folder', spellcheck: 'false' });
  private readonly measure = element('select', { name: 'measure' });
  private readonly logarithmic = element('input', { type: 'checkbox' });
  private readonly list = element('fieldset', { class: 'blip2-Runs' });
  private readonly status = element('p', { class: 'blip2-RunStatus', role: 'status' });
  private readonly sizes = new ResizeObserver(() => void this.plot.fit());

  constructor(private readonly options: CurvesOptions) {
    super();
    const { trans, folder, chosen } = options;
    this.addClass('blip2-Training');
    this.plot.element.classList.add('blip2-Curves');
    this.node.dataset.lmSuppressShortcuts = 'true';
    this.node.append(
      element(
        'div',
        { class: 'blip2-TrainingControls' },
        element('label', {}, trans.__('Folder of runs'), this.folder),
        element('label', {}, trans.__('Measure'), this.measure),
        element('label', {}, this.logarithmic, trans.__('Logarithmic')),
      ),
      element(
        'div',
        { class: 'blip2-TrainingColumns' },
        this.list,
        element('div', { class: 'blip2-TrainingMain' }, this.plot.element, this.status),
      ),
    );
    this.folder.value = folder;
    this.folder.addEventListener('change', () => this.open(this.folder.value.trim()));
    this.measure.addEventListener('change', () => this.draw());
    this.logarithmic.addEventListener('change', () => this.draw());
    this.sizes.observe(this.plot.element.parentElement!);
    options.themeChanged?.connect(() => this.update(), this);
    this.open(folder, chosen);
  }

  get folderName(): string {
    return this.runs.folder;
  }

  private draw(): void {
    const { trans } = this.options;
    const runs = this.runs.chosen.map((name) => ({
      name,
      index: this.runs.placeOf(name),
      log: this.runs.logOf(name),
    }));
    this.offer(measures(runs.map(({ log }) => log)));
    const measure = this.measure.value;
    const style = getComputedStyle(this.node);
    this.status.textContent = this.describe(measure);
    void this.plot.draw(
      trainingFigure(runs, {
        measure,
        logarithmic: this.logarithmic.checked,
        text: style.color,
        line: style.getPropertyValue('--jp-border-color2').trim() || '#bdbdbd',
        stepName: trans.__('step'),
      }),
    );
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.runs.dispose();
    this.sizes.disconnect();
    this.plot.dispose();
    super.dispose();
  }

  private open(folder: string, chosen?: readonly string[]): void {
    this.runs?.dispose();
    this.runs = new Runs(this.options.files, folder, chosen);
    this.runs.changed.connect(() => this.update());
    this.update();
  }

  protected override onUpdateRequest(): void {
    this.listRuns();
    this.draw();
  }

  protected override onAfterShow(): void {
    this.update();
  }

  /** The measures that there are; the chosen one stays. */
  private offer(names: readonly string[]): void {
    if (names.join('\n') === Array.from(this.measure.options, ({ value }) => value).join('\n')) return;
    const chosen = this.measure.value;
    this.measure.replaceChildren(...names.map((name) => element('option', { value: name }, name)));
    if (names.includes(chosen)) this.measure.value = chosen;
  }

  private listRuns(): void {
    const { trans } = this.options;
    const { names = [], chosen } = this.runs;
    const focused = this.list.contains(document.activeElement)
      ? (document.activeElement as HTMLInputElement).value
      : undefined;
    const boxes = names.map((name) => {
      const box = element('input', { type: 'checkbox', value: name });
      box.checked = chosen.includes(name);
      box.addEventListener('change', () => this.runs.choose(name, box.checked));
      const swatch = element('span', { class: 'blip2-Swatch' });
      if (box.checked) swatch.style.background = colorOf(this.runs.placeOf(name));
      return { box, label: element('label', { title: name }, box, swatch, element('span', {}, name)) };
    });
    this.list.replaceChildren(
      element('legend', {}, trans.__('Runs, newest first')),
      ...boxes.map(({ label }) => label),
    );
    boxes.find(({ box }) => box.value === focused)?.box.focus();
  }

  /** In words, for those who do not see the curves. */
  private describe(measure: string): string {
    const { trans } = this.options;
    const { names, chosen, folder } = this.runs;
    if (!names && chosen.length === 0) return trans.__('There is no folder “%1” with runs here.', folder);
    const told = chosen.map((name) => {
      const log = this.runs.logOf(name);
      const { x, y, perPoint } = curveOf(log, measure);
      if (x.length === 0) return trans.__('%1: no steps yet.', name);
      const last = Number(y[y.length - 1].toPrecision(4));
      const where = trans.__('%1: %2 steps, %3 %4', name, log[log.length - 1].step + 1, measure, last);
      return perPoint > 1 ? trans.__('%1 (points are means of %2 steps).', where, perPoint) : `${where}.`;
    });
    return told.length > 0 ? told.join(' ') : trans.__('Choose a run.');
  }
}
