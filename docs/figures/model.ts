/** BLIP-2 as a whole, and what is trained in its two stages. */
import { arrow, box, cells, figure, words, type Theme } from './svg';

const QUERIES = ['q', 'q', 'q', 'q'];

/** The finished model: a picture in, a text out. */
export function modelFigure(theme: Theme): string {
  return figure(
    900,
    250,
    'BLIP-2: a frozen image encoder, a trained Q-Former with learned queries, a frozen language model',
    [
      box(24, 84, 90, 62, 'plain', 'picture'),
      arrow([114, 115], [146, 115]),
      box(150, 70, 150, 90, 'frozen', 'image encoder', 'ViT, frozen'),
      arrow([300, 115], [356, 115]),
      words(328, 98, '[P, W]', { size: 11, faint: true }),
      box(360, 70, 150, 90, 'trained', 'Q-Former', 'trained'),
      cells(371, 196, 28, 'query', QUERIES),
      arrow([435, 194], [435, 164]),
      words(435, 238, 'learned queries [Q, D]', { size: 12, faint: true }),
      arrow([510, 115], [556, 115]),
      words(533, 98, '[Q, D]', { size: 11, faint: true }),
      box(560, 84, 74, 62, 'trained', 'linear'),
      arrow([634, 115], [676, 115]),
      box(680, 70, 196, 90, 'frozen', 'language model', 'OPT or FlanT5, frozen'),
      cells(680, 20, 28, 'query', QUERIES),
      cells(816, 20, 28, 'text', ['a', '…']),
      words(672, 34, 'reads', { size: 12, anchor: 'end', faint: true }),
      arrow([744, 50], [744, 67]),
      arrow([778, 160], [778, 192]),
      box(680, 196, 196, 36, 'text', '“a red circle above …”'),
    ],
    theme,
  );
}

/** What reads what in stage 1, and in stage 2 in front of both kinds of language model. */
export function stagesFigure(theme: Theme): string {
  const stage1 = [
    words(24, 28, 'Stage 1: learn to see what texts say', { anchor: 'start', bold: true, size: 16 }),
    box(24, 92, 80, 56, 'plain', 'picture'),
    arrow([104, 120], [126, 120]),
    box(130, 80, 130, 80, 'frozen', 'image encoder', 'frozen'),
    arrow([260, 120], [296, 120]),
    box(300, 64, 220, 112, 'trained', 'Q-Former', 'queries + text,', 'three masks'),
    cells(312, 200, 28, 'query', QUERIES),
    cells(446, 200, 28, 'text', ['a', '…']),
    arrow([374, 198], [374, 179]),
    arrow([476, 198], [476, 179]),
    arrow([520, 84], [566, 84]),
    arrow([520, 120], [566, 120]),
    arrow([520, 156], [566, 156]),
    words(574, 84, 'ITC: which picture belongs to which text', { anchor: 'start', size: 13 }),
    words(574, 120, 'ITM: does this text match this picture', { anchor: 'start', size: 13 }),
    words(574, 156, 'ITG: the text, word by word, from the queries', { anchor: 'start', size: 13 }),
  ];
  const top = 262;
  const stage2 = [
    words(24, top + 16, 'Stage 2: learn to say it to a language model', {
      anchor: 'start',
      bold: true,
      size: 16,
    }),
    box(24, top + 92, 80, 56, 'plain', 'picture'),
    arrow([104, top + 120], [126, top + 120]),
    box(130, top + 80, 130, 80, 'frozen', 'image encoder', 'frozen'),
    arrow([260, top + 120], [296, top + 120]),
    box(300, top + 80, 120, 80, 'trained', 'Q-Former', 'queries alone'),
    arrow([420, top + 120], [446, top + 120]),
    box(450, top + 92, 70, 56, 'trained', 'linear'),
    arrow([520, top + 106], [566, top + 70]),
    arrow([520, top + 134], [566, top + 170]),
    cells(570, top + 34, 24, 'query', QUERIES),
    words(684, top + 46, 'alone', { anchor: 'start', size: 12, faint: true }),
    box(570, top + 64, 140, 48, 'frozen', 'OPT', 'frozen'),
    arrow([710, top + 88], [736, top + 88]),
    cells(740, top + 76, 24, 'text', ['a', 'red', 'cir', '…', '.']),
    words(740, top + 116, 'the whole caption', { anchor: 'start', size: 12, faint: true }),
    cells(570, top + 140, 24, 'query', QUERIES),
    cells(682, top + 140, 24, 'text', ['a', 'red']),
    box(570, top + 170, 140, 48, 'frozen', 'FlanT5', 'frozen'),
    arrow([710, top + 194], [736, top + 194]),
    cells(740, top + 182, 24, 'text', ['cir', '…', '.']),
    words(740, top + 222, 'its end', { anchor: 'start', size: 12, faint: true }),
  ];
  const legend = [
    box(24, 204, 18, 18, 'frozen'),
    words(50, 213, 'frozen', { anchor: 'start', size: 12 }),
    box(110, 204, 18, 18, 'trained'),
    words(136, 213, 'trained', { anchor: 'start', size: 12 }),
  ];
  return figure(
    900,
    top + 244,
    'Stage 1: picture and text in the Q-Former, three losses. Stage 2: queries as soft prompts of OPT or FlanT5',
    [...stage1, ...legend, ...stage2],
    theme,
  );
}
