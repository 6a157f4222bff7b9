/** The masks of self-attention, from the functions that training calls. */
import { computeValues, tf, type Tensor } from '../../packages/core/src/runtime';
import {
  bidirectionalMask,
  contrastiveAndCausalMask,
  multimodalCausalMask,
  uniModalMask,
} from '../../packages/core/src/models';
import { figure, words, type Role, type Theme } from './svg';

const QUERIES = 3;
const TEXT = 4;
const SIDE = 20;

interface Panel {
  title: string;
  loss: string;
  /** Names of the parts of the sequence, with their lengths. */
  parts: [label: string, length: number, role: Role][];
  visible: boolean[][];
}

/** Who sees whom, by rows. */
function visibility(mask: (queries: number, textMask: Tensor) => Tensor): boolean[][] {
  const values = computeValues(() => mask(QUERIES, tf.ones([1, TEXT], 'int32')));
  const rows = Math.sqrt(values.length);
  return Array.from({ length: rows }, (_, row) =>
    Array.from(values.slice(row * rows, (row + 1) * rows), (bias) => bias > -1),
  );
}

const ONE_TEXT: Panel['parts'] = [
  ['queries', QUERIES, 'query'],
  ['text', TEXT, 'text'],
];

export function masksFigure(theme: Theme): string {
  const panels: Panel[] = [
    { title: 'unimodal', loss: 'ITC', parts: ONE_TEXT, visible: visibility(uniModalMask) },
    { title: 'bidirectional', loss: 'ITM', parts: ONE_TEXT, visible: visibility(bidirectionalMask) },
    {
      title: 'multimodal causal',
      loss: 'ITG',
      parts: ONE_TEXT,
      visible: visibility(multimodalCausalMask),
    },
    {
      title: 'ITC and ITG in one pass',
      loss: 'as it is computed here',
      parts: [...ONE_TEXT, ['text', TEXT, 'text']],
      visible: visibility(contrastiveAndCausalMask),
    },
  ];
  let left = 66;
  const parts = panels.map((panel) => {
    const drawn = drawPanel(panel, left, 70);
    left += panel.visible.length * SIDE + 62;
    return drawn;
  });
  const legend = words(66, 250, 'A row sees the columns that are filled; the colour is that of the column.', {
    anchor: 'start',
    size: 13,
    faint: true,
  });
  return figure(930, 312, 'The masks of self-attention: rows see filled columns', [...parts, legend], theme);
}

function drawPanel({ title, loss, parts, visible }: Panel, left: number, top: number): string {
  const width = visible.length * SIDE;
  const roles = parts.flatMap(([, length, role]) => Array.from({ length }, () => role));
  const grid = visible.flatMap((row, y) =>
    row.map((sees, x) => {
      const place = `x="${left + x * SIDE}" y="${top + y * SIDE}" width="${SIDE - 2}" height="${SIDE - 2}"`;
      return `<rect ${place} rx="3" class="${sees ? roles[x] : 'hidden'}"/>`;
    }),
  );
  const head = [
    words(left + width / 2, top - 46, title, { bold: true, size: 14 }),
    words(left + width / 2, top - 27, loss, { size: 12, faint: true }),
  ];
  let at = 0;
  const labels = parts.flatMap(([label, length]) => {
    const middle = (at + length / 2) * SIDE;
    at += length;
    return [
      words(left + middle, top - 9, label, { size: 11, faint: true }),
      words(left - 5, top + middle, label, { size: 11, faint: true, anchor: 'end' }),
    ];
  });
  return [...grid, ...head, ...labels].join('');
}
