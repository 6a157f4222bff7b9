/** Attention in words: names of what can be chosen, and sentences for those who do not see the heat. */
import type { Attention } from './bundle';
import type { Stack } from './maps';
import type { Shown, Subject } from './shown';
import type { Pick, ViewState } from './state';
import type { Translate } from './translate';

/** 0.1234 → "12.3%" */
export function percent(share: number): string {
  const digits = share > 0 && share < 0.0995 ? 2 : 1;
  return `${(100 * share).toFixed(digits)}%`;
}

/** A share as percent; what gradients made of it as a plain number. */
export function amount(value: number, { stack: { unit } }: { stack: { unit: Stack['unit'] } }): string {
  if (unit === 'share') return percent(value);
  return value === 0 || value >= 0.001 ? Number(value.toPrecision(3)).toString() : value.toExponential(1);
}

/** The same in few characters, for small places. */
export function brief(value: number, unit: Stack['unit']): string {
  if (unit === 'gradient') return value === 0 ? '0' : value.toExponential(0);
  const hundred = 100 * value;
  return `${hundred >= 9.95 ? Math.round(hundred) : hundred.toFixed(hundred >= 0.995 ? 1 : 2)}%`;
}

export const headName = (t: Translate, head: Pick, heads: number): string => {
  if (typeof head === 'number') return t('Head %1', head);
  return head === 'mean' ? t('Mean of %1 heads', heads) : t('Largest of %1 heads', heads);
};

export const layerName = (t: Translate, layer: Pick, layers: number): string => {
  if (typeof layer === 'number') return t('Layer %1', layer);
  return layer === 'mean' ? t('Mean of %1 layers', layers) : t('Largest of %1 layers', layers);
};

/** Rows and columns are counted from 1, as readers count. */
export const patchName = (t: Translate, patch: number, { columns }: Attention['grid']): string =>
  t('row %1, column %2', Math.floor(patch / columns) + 1, (patch % columns) + 1);

/** What a tokenizer made of spaces and line ends, as it is read. */
export const tokenText = (token: string): string =>
  token
    .replace(/^[Ġ▁\s]+/, '')
    .replace(/[\nĊ]/g, '↵')
    .trim() || '␣';

/** "Query 5", "“red”" */
export function subjectName(t: Translate, { kind, index }: Subject, attention: Attention): string {
  if (kind === 'query') return t('Query %1', index);
  const tokens = (kind === 'token' ? attention.tokens : attention.generated)!.tokens;
  return t('“%1”', tokenText(tokens[index] ?? ''));
}

/** "layer 10, mean of 12 heads": which of a source's maps are on view. */
export function whereName(t: Translate, state: ViewState, attention: Attention): string {
  if (state.source === 'rollout') return t('rollout through all layers');
  const layers = attention[state.source === 'gradients' ? 'gradients' : 'layers']!.length;
  const names = [layerName(t, state.layer, layers), headName(t, state.head, attention.heads)];
  return names.join(', ').toLowerCase();
}

/** "Row 2, column 3: 12.3% of query 4’s attention" */
export function describePatch(t: Translate, patch: number, shown: Shown, attention: Attention): string {
  const value = amount(shown.map[patch], shown);
  const place = capital(patchName(t, patch, attention.grid));
  if (shown.subject.kind !== 'query') {
    return t('%1: %2 of %3, by way of the queries', place, value, subjectName(t, shown.subject, attention));
  }
  return shown.stack.unit === 'share'
    ? t('%1: %2 of query %3’s attention', place, value, shown.subject.index)
    : t('%1: %2 for query %3', place, value, shown.subject.index);
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** What is on view in a sentence or two. */
export function describeShown(t: Translate, shown: Shown, attention: Attention): string {
  const peak = patchName(t, shown.peak, attention.grid);
  const parts = [
    t('%1, %2:', subjectName(t, shown.subject, attention), whereName(t, shown.state, attention)),
    t('looks most at %1 (%2),', peak, amount(shown.map[shown.peak], shown)),
    t('%1 on the class token.', amount(shown.cls, shown)),
  ];
  if (shown.onQueries !== undefined) parts.push(t('%1 of it is on the queries.', percent(shown.onQueries)));
  if (shown.marks) {
    const best = shown.order.reduce((a, b) => (shown.marks!.values[b] > shown.marks!.values[a] ? b : a));
    parts.push(t('%1: query %2 most.', marksName(t, shown, attention), best));
  }
  return parts.join(' ');
}

/** "Looking at row 2, column 3", "Read by “red”": what the queries are marked with. */
export function marksName(t: Translate, { marks }: Shown, attention: Attention): string {
  if (!marks) return '';
  if (marks.by === 'patch') return t('Looking at %1', patchName(t, marks.index, attention.grid));
  const token = subjectName(t, { kind: marks.by, index: marks.index }, attention);
  return marks.by === 'token' ? t('Read by %1', token) : t('Read for %1', token);
}

/** "3.1 of 6 bits": how spread attention is, beside attention to all patches alike. */
export const spread = (t: Translate, entropy: number, patches: number): string =>
  t('%1 of %2 bits', entropy.toFixed(1), Math.log2(patches).toFixed(1));

/** What stands below every view. */
export const CAUTION =
  'Attention shows where a query reads, not what the model concludes: a patch can be looked at and not matter, or matter through a later layer.';

/** What to know about what is on view, where it is more than plain attention of a query. */
export function noteFor(t: Translate, { state, subject, stack }: Shown, attention: Attention): string {
  const notes: string[] = [];
  if (subject.kind !== 'query') {
    const [reader, reading] =
      subject.kind === 'token' ? [attention.tokens!, state.reading] : [attention.generated!, state.writing];
    const how = [layerName(t, reading.layer, reader.layers.length), headName(t, reading.head, reader.heads)];
    notes.push(
      t(
        'From %1 to the queries (%2), and from these to the patches (%3): the product of both, a way that is open, not one that was taken.',
        subjectName(t, subject, attention),
        how.join(', ').toLowerCase(),
        whereName(t, state, attention),
      ),
    );
  }
  if (state.source === 'rollout') {
    notes.push(
      t('Rollout: the mean attention of each layer, multiplied through all of them; a rough estimate.'),
    );
  }
  if (stack.unit === 'gradient') {
    const of = attention.gradientOf || t('result');
    notes.push(
      t(
        'Attention times the positive gradient of the %1: what would change it at once. No probabilities.',
        of,
      ),
    );
  }
  return notes.join(' ');
}
