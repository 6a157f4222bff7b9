/** CapFilt: captions written, ranked, kept. */
import { arrow, box, figure, words, type Theme } from './svg';

export function capfiltFigure(theme: Theme): string {
  return figure(
    900,
    230,
    'CapFilt: a captioner draws ten captions of a picture, CLIP ranks them with the one of the web, the best two are kept',
    [
      box(24, 40, 110, 56, 'plain', 'picture'),
      box(24, 140, 110, 56, 'text', 'caption', 'of the web'),
      arrow([134, 68], [176, 68]),
      box(180, 34, 150, 68, 'frozen', 'BLIP captioner', 'nucleus sampling'),
      arrow([330, 68], [372, 68]),
      box(376, 40, 116, 56, 'text', '10 captions', 'drawn'),
      arrow([492, 68], [552, 100]),
      arrow([134, 168], [552, 128]),
      box(556, 80, 132, 68, 'frozen', 'CLIP', 'cosine with picture'),
      arrow([79, 36], [79, 18], [622, 18], [622, 77]),
      arrow([688, 114], [730, 114]),
      box(734, 84, 142, 60, 'text', 'best 2 of 11', 'captions.jsonl'),
      arrow([805, 144], [805, 176]),
      words(805, 190, 'each step of training', { size: 12, faint: true }),
      words(805, 207, 'draws one of the two', { size: 12, faint: true }),
    ],
    theme,
  );
}
