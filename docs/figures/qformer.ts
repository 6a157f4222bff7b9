/** One block of the Q-Former: what queries and text share, and what each has for itself. */
import { arrow, box, cells, figure, words, type Theme } from './svg';

export function qformerFigure(theme: Theme): string {
  return figure(
    760,
    470,
    'A block of the Q-Former: shared self-attention, cross-attention for the queries in every second block, a feed-forward layer each',
    [
      words(230, 26, 'Z [B, Q, D]', { faint: true, size: 13 }),
      words(470, 26, 'text states [B, T, D]', { faint: true, size: 13 }),
      arrow([230, 76], [230, 40]),
      arrow([470, 76], [470, 40]),
      `<rect x="96" y="64" width="560" height="286" rx="12" class="line" stroke-dasharray="6 5" stroke-width="1.5"/>`,
      words(648, 336, '× 12 blocks', { anchor: 'end', size: 13, faint: true }),
      box(130, 80, 200, 54, 'trained', 'feed-forward', 'of the queries'),
      box(370, 80, 200, 54, 'trained', 'feed-forward', 'of the text, as in BERT'),
      arrow([230, 170], [230, 137]),
      box(130, 172, 200, 60, 'trained', 'cross-attention', 'in blocks 0, 2, 4, …'),
      arrow([230, 268], [230, 235]),
      arrow([470, 268], [470, 137]),
      box(130, 270, 440, 54, 'trained', 'self-attention', 'shared; a mask says who sees whom'),
      arrow([230, 378], [230, 327]),
      arrow([470, 378], [470, 327]),
      cells(167, 382, 28, 'query', ['q', 'q', 'q', 'q']),
      cells(391, 382, 28, 'text', ['⟨', 'a', 'red', '…', '⟩']),
      words(230, 430, 'learned queries [1, Q, D],', { size: 13, faint: true }),
      words(230, 448, 'the same for every picture', { size: 13, faint: true }),
      words(470, 430, 'words + positions [B, T, D]', { size: 13, faint: true }),
      box(16, 176, 64, 52, 'frozen', 'picture', '[B, P, W]'),
      arrow([80, 202], [127, 202]),
    ],
    theme,
  );
}
