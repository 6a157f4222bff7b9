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

/**
 * The next of a round of choices that stand in rows, as arrow keys go: sideways around the ends, up and down within
 * the column; undefined if the key is not one that moves.
 */
export function turned(index: number, key: string, count: number, columns = 1): number | undefined {
  const within = (to: number) => (to >= 0 && to < count ? to : index);
  return {
    ArrowLeft: (index + count - 1) % count,
    ArrowRight: (index + 1) % count,
    ArrowUp: columns === 1 ? (index + count - 1) % count : within(index - columns),
    ArrowDown: columns === 1 ? (index + 1) % count : within(index + columns),
    Home: 0,
    End: count - 1,
  }[key];
}
