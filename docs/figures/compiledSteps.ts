/** How a step becomes one TensorFlow function. */
import { arrow, box, figure, words, type Theme } from './svg';

export function compiledStepsFigure(theme: Theme): string {
  return figure(
    900,
    350,
    'The first call traces a step into a graph, which becomes a function; later calls run that function',
    [
      words(24, 28, 'First call with these shapes', { anchor: 'start', bold: true, size: 16 }),
      box(24, 54, 170, 84, 'plain', 'fn(inputs)', 'TypeScript: forward,', 'backward, update'),
      arrow([194, 96], [262, 96]),
      words(228, 78, 'each op', { size: 11, faint: true }),
      box(266, 54, 170, 84, 'trained', 'trace', 'adds it to a graph;', 'nothing is computed'),
      arrow([436, 96], [494, 96]),
      box(498, 54, 170, 84, 'frozen', 'graph', 'shapes inferred by', 'TensorFlow'),
      arrow([668, 96], [716, 96]),
      box(720, 54, 156, 84, 'frozen', 'function', 'kept by name, one', 'for each signature'),
      words(24, 188, 'Every call', { anchor: 'start', bold: true, size: 16 }),
      box(24, 214, 170, 84, 'text', 'inputs', 'batch, seed, learning', 'rate: all tensors'),
      arrow([194, 256], [362, 256]),
      words(278, 238, 'one executeOp', { size: 11, faint: true }),
      box(366, 214, 170, 84, 'frozen', 'function', 'thousands of ops'),
      arrow([536, 256], [716, 256]),
      box(720, 214, 156, 84, 'text', 'outputs', 'losses, norms'),
      arrow([798, 138], [798, 172], [451, 172], [451, 211]),
      box(558, 278, 140, 52, 'trained', 'variables', 'changed in place'),
      arrow([451, 298], [451, 310], [555, 310]),
    ],
    theme,
  );
}
