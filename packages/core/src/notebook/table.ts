/** Tables: a danfo DataFrame, or rows. */
import { escape } from './svg';
import type { View } from './view';

/** What a table is made of: danfojs's DataFrame is one. */
export interface TableSource {
  columns: string[];
  /** Row by row. */
  values: unknown;
}

export interface TableOptions {
  /** Digits after the point; 1 unless given. */
  digits?: number;
}

/** Numbers with equal digits, to the right; everything else as it is. */
export function table({ columns, values }: TableSource, { digits = 1 }: TableOptions = {}): View {
  const rows = values as unknown[][];
  const isNumeric = columns.map((_, i) => rows.every((row) => typeof row[i] === 'number'));
  const isWhole = columns.map((_, i) => rows.every((row) => Number.isInteger(row[i])));
  const text = (value: unknown, i: number) =>
    isNumeric[i] ? (value as number).toFixed(isWhole[i] ? 0 : digits) : String(value);
  const cells = rows.map((row) => row.map(text));
  const data = {
    'text/html': html(columns, cells, isNumeric),
    'text/plain': plain(columns, cells, isNumeric),
  };
  return { render: async () => ({ data, metadata: {} }) };
}

function html(columns: string[], cells: string[][], isNumeric: boolean[]): string {
  const cell = (tag: 'th' | 'td') => (value: string, i: number) =>
    `<${tag} style="text-align:${isNumeric[i] ? 'right' : 'left'}">${escape(value)}</${tag}>`;
  const row = (tag: 'th' | 'td', values: string[]) => `<tr>${values.map(cell(tag)).join('')}</tr>`;
  const body = cells.map((values) => row('td', values)).join('');
  return `<table><thead>${row('th', columns)}</thead><tbody>${body}</tbody></table>`;
}

function plain(columns: string[], cells: string[][], isNumeric: boolean[]): string {
  const widths = columns.map((name, i) => Math.max(name.length, ...cells.map((row) => row[i].length)));
  const pad = (value: string, i: number) =>
    isNumeric[i] ? value.padStart(widths[i]) : value.padEnd(widths[i]);
  return [columns, ...cells].map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}
