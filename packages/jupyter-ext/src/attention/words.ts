/** Attention in words: names of what can be chosen, and sentences for those who do not see the heat. */
import type { Attention } from './bundle';
import type { Choice, Head } from './choice';
import type { Shown } from './shown';

/** 0.1234 → "12.3%" */
export function percent(share: number): string {
  const digits = share > 0 && share < 0.0995 ? 2 : 1;
  return `${(100 * share).toFixed(digits)}%`;
}

export const headName = (head: Head, heads: number): string =>
  typeof head === 'number' ? `Head ${head}` : `${head === 'mean' ? 'Mean' : 'Largest'} of ${heads} heads`;

/** Rows and columns are counted from 1, as readers count. */
export function patchName(patch: number, { columns }: Attention['grid']): string {
  return `row ${Math.floor(patch / columns) + 1}, column ${(patch % columns) + 1}`;
}

/** "Row 2, column 3: 12.3% of query 4’s attention" */
export function describePatch(patch: number, { map, choice }: Shown, grid: Attention['grid']): string {
  const name = patchName(patch, grid);
  return `${name[0].toUpperCase()}${name.slice(1)}: ${percent(map[patch])} of query ${choice.query}’s attention`;
}

/** The chosen query in a sentence or two. */
export function describeQuery(attention: Attention, { choice, map, ...shown }: Shown): string {
  const where = patchName(shown.peak, attention.grid);
  const parts = [
    `Query ${choice.query}, layer ${choice.layer}, ${headName(choice.head, attention.heads).toLowerCase()}:`,
    `looks most at ${where} (${percent(map[shown.peak])}),`,
    `${percent(shown.cls)} on the class token.`,
  ];
  if (shown.objects) parts.push(`${percent(shown.objects.share)} of what patches get is on objects.`);
  return parts.join(' ');
}

/** "3.1 of 6 bits": how spread a query's attention is, beside attention to all patches alike. */
export const spread = (entropy: number, patches: number): string =>
  `${entropy.toFixed(1)} of ${Math.log2(patches).toFixed(1)} bits`;

/** What stands below every view. */
export const CAUTION =
  'Attention shows where a query reads, not what the model concludes: a patch can be looked at and not matter, or matter through a later layer.';

export const OPTIONS: { [K in 'scale' | 'paint']: Record<Choice[K], string> } = {
  scale: { all: 'Same for all queries', own: 'Each query’s own' },
  paint: { heat: 'Heat over grey', light: 'Light on the picture' },
};
