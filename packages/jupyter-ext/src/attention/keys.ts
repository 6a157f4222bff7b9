/** Where keys lead to. */

/** The patch beside this one; undefined if the key is not one that moves. */
export function moved(
  patch: number,
  key: string,
  { rows, columns }: { rows: number; columns: number },
): number | undefined {
  const [row, column] = [Math.floor(patch / columns), patch % columns];
  const to = {
    ArrowLeft: [row, Math.max(0, column - 1)],
    ArrowRight: [row, Math.min(columns - 1, column + 1)],
    ArrowUp: [Math.max(0, row - 1), column],
    ArrowDown: [Math.min(rows - 1, row + 1), column],
    Home: [row, 0],
    End: [row, columns - 1],
  }[key];
  return to && to[0] * columns + to[1];
}

/** The next of a round of choices, as arrow keys go through radio buttons; undefined if the key is not one that moves. */
export function turned(index: number, key: string, count: number): number | undefined {
  return {
    ArrowLeft: (index + count - 1) % count,
    ArrowUp: (index + count - 1) % count,
    ArrowRight: (index + 1) % count,
    ArrowDown: (index + 1) % count,
    Home: 0,
    End: count - 1,
  }[key];
}
