/** Which source, layer and head; how text reads the queries; in which order, scale and colours. */
import type { Attention, Reader } from '../attention/bundle';
import { layersOf, sourcesOf, type Pick, type Reading, type ViewState } from '../attention/state';
import type { Translate } from '../attention/translate';
import { headName, layerName } from '../attention/words';
import { choice, element } from './dom';
import type { Context, Part } from './part';

/** What `controls` offers depends on this alone: as long as it is the same, so may the controls be. */
export const controlsKey = (attention: Attention): string => {
  const reader = (one?: Reader) => one && [one.heads, one.layers.map(({ layer }) => layer)];
  const sources = sourcesOf(attention).map((source) => [source, layersOf(attention, source)]);
  return JSON.stringify([attention.heads, sources, reader(attention.tokens), reader(attention.generated)]);
};

interface Control {
  element: HTMLElement;
  update(state: ViewState): void;
}

/** @param last at the end of the row */
export function controls({ attention, t, change }: Context, last: HTMLElement): Part {
  const { heads, tokens, generated } = attention;
  const names = {
    source: { attention: t('Attention'), gradients: t('Gradient-weighted'), rollout: t('Rollout') },
    sort: { number: t('Number'), entropy: t('Most focused first'), peak: t('Highest peak first') },
    scale: { all: t('Same for all'), own: t('Each its own') },
    paint: {
      viridis: t('Viridis over gray'),
      cividis: t('Cividis over gray'),
      light: t('Light on the picture'),
    },
  };
  function control<K extends keyof ViewState>(
    key: K,
    name: string,
    options: readonly (readonly [ViewState[K], string])[],
    isOff: (state: ViewState) => boolean = () => false,
  ): Control {
    const list = choice(name, options, (value) => change({ [key]: value }));
    return {
      element: list.element,
      update(state) {
        list.show(state[key]);
        list.select.disabled = isOff(state);
      },
    };
  }
  const sources = sourcesOf(attention);
  const isRollout = ({ source }: ViewState) => source === 'rollout';
  const layers = layersOf(attention, 'attention');
  const groups: [string, Control[]][] = [
    [
      t('Heat'),
      [
        ...(sources.length > 1
          ? [
              control(
                'source',
                t('Source'),
                entries(names.source).filter(([one]) => sources.includes(one)),
              ),
            ]
          : []),
        control('layer', t('Layer'), layerOptions(t, layers), isRollout),
        control('head', t('Head'), headOptions(t, heads), isRollout),
      ],
    ],
    ...(tokens ? [readingGroup(t, 'reading', tokens, change)] : []),
    ...(generated ? [readingGroup(t, 'writing', generated, change)] : []),
    [
      t('Look'),
      [
        control('sort', t('Order'), entries(names.sort)),
        control('scale', t('Scale'), entries(names.scale)),
        control('paint', t('Colors'), entries(names.paint)),
      ],
    ],
  ];
  return {
    element: element(
      'div',
      { class: 'blip2-Controls' },
      ...groups.map(([name, all]) =>
        element('div', { role: 'group', 'aria-label': name }, ...all.map((one) => one.element)),
      ),
      last,
    ),
    update: ({ state }) => groups.forEach(([, all]) => all.forEach((one) => one.update(state))),
  };
}

/** How a text's tokens, or those that were written, read the queries. */
function readingGroup(
  t: Translate,
  key: 'reading' | 'writing',
  { layers, heads }: Reader,
  change: Context['change'],
): [string, Control[]] {
  const [group, layerLabel, headLabel] =
    key === 'reading'
      ? [t('How the text reads the queries'), t('Text layer'), t('Text head')]
      : [t('How the language model reads the queries'), t('Language layer'), t('Language head')];
  let reading: Reading = { layer: 'mean', head: 'mean' };
  const part = (name: string, of: keyof Reading, options: [Pick, string][]): Control => {
    const list = choice(name, options, (value) => change({ [key]: { ...reading, [of]: value } }));
    return {
      element: list.element,
      update(state) {
        reading = state[key];
        list.show(reading[of]);
      },
    };
  };
  const numbers = layers.map(({ layer }) => layer);
  return [
    group,
    [part(layerLabel, 'layer', layerOptions(t, numbers)), part(headLabel, 'head', headOptions(t, heads))],
  ];
}

function layerOptions(t: Translate, layers: readonly number[]): [Pick, string][] {
  const all: Pick[] = layers.length > 1 ? ['mean', 'max', ...layers] : [...layers];
  return all.map((layer) => [layer, layerName(t, layer, layers.length)]);
}

function headOptions(t: Translate, heads: number): [Pick, string][] {
  const all: Pick[] = ['mean', 'max', ...Array.from({ length: heads }, (_, head) => head)];
  return all.map((head) => [head, headName(t, head, heads)]);
}

const entries = <V extends string>(names: Record<V, string>) => Object.entries(names) as [V, string][];
