/** Which layer, which head, which scale, which colours. */
import type { Attention } from '../attention/bundle';
import type { Choice, Head } from '../attention/choice';
import { headName, OPTIONS } from '../attention/words';
import { element } from './dom';
import type { Choose, Part } from './part';

export function controls(attention: Attention, choose: Choose): Part {
  const heads: Head[] = ['mean', 'max', ...Array.from({ length: attention.heads }, (_, head) => head)];
  const selects = [
    select(
      'layer',
      'Layer',
      attention.layers.map(({ layer }) => [layer, String(layer)] as const),
      choose,
    ),
    select(
      'head',
      'Head',
      heads.map((head) => [head, headName(head, attention.heads)] as const),
      choose,
    ),
    select('scale', 'Scale', entries(OPTIONS.scale), choose),
    select('paint', 'Colors', entries(OPTIONS.paint), choose),
  ];
  return {
    element: element('div', { class: 'blip2-Controls' }, ...selects.map((one) => one.element)),
    update: (shown) => selects.forEach((one) => one.update(shown)),
  };
}

const entries = <V extends string>(names: Record<V, string>) => Object.entries(names) as [V, string][];

function select<K extends keyof Choice>(
  key: K,
  name: string,
  options: readonly (readonly [Choice[K], string])[],
  choose: Choose,
): Part {
  const list = element(
    'select',
    { name: key },
    ...options.map(([, text], index) => element('option', { value: String(index) }, text)),
  );
  list.addEventListener('change', () => choose({ [key]: options[list.selectedIndex][0] }));
  return {
    element: element('label', {}, name, list),
    update({ choice }) {
      list.selectedIndex = options.findIndex(([value]) => value === choice[key]);
    },
  };
}
