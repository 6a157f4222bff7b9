/** What commands print: one JSON document, or a table for people. */

/** Ends a command that has said all there is to say with an exit code other than 0. */
export class Exit extends Error {
  constructor(readonly exitCode: number) {
    super(`exit ${exitCode}`);
  }
}

export type Row = Record<string, string | number | boolean>;

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Rows as aligned columns under their names; numbers to the right. */
export function table(rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  const names = Object.keys(rows[0]);
  const text = (value: Row[string]) =>
    typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(1) : String(value);
  const widths = names.map((name) => Math.max(name.length, ...rows.map((row) => text(row[name]).length)));
  const line = (cells: string[], row: Row | undefined) =>
    cells
      .map((cell, i) =>
        typeof row?.[names[i]] === 'number' ? cell.padStart(widths[i]) : cell.padEnd(widths[i]),
      )
      .join('  ')
      .trimEnd();
  return [
    line(names, rows[0]),
    ...rows.map((row) =>
      line(
        names.map((name) => text(row[name])),
        row,
      ),
    ),
  ].join('\n');
}

export function printTable(rows: readonly Row[]): void {
  process.stdout.write(`${table(rows)}\n`);
}
