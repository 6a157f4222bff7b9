import { expect, it } from 'vitest';
import { trainingFigure } from '../../packages/jupyter-ext/src/training/figure';
import { curveOf, measures, readLog } from '../../packages/jupyter-ext/src/training/log';

const line = (step: number, values: object) => `${JSON.stringify({ step, ...values })}\n`;

it('reads whole lines, also of nested evaluations, and leaves out what is half written', () => {
  const log = readLog(
    `${line(0, { loss: 2 })}${line(1, { loss: 1, validation: { recall: 0.5 } })}{"step": 2, "lo`,
  );
  expect(log).toEqual([
    { step: 0, values: { loss: 2 } },
    { step: 1, values: { loss: 1, 'validation.recall': 0.5 } },
  ]);
});

it('takes text that is no log as an empty one', () => {
  expect(readLog('')).toEqual([]);
  expect(readLog('null\n3\n"a"\n[1]\n{"loss": 1}\n{"step": "x"}\n')).toEqual([]);
});

it('names what any log has measured, the loss first', () => {
  const logs = [readLog(line(0, { itc: 1, loss: 2 })), readLog(line(0, { accuracy: 1 }))];
  expect(measures(logs)).toEqual(['loss', 'accuracy', 'itc']);
});

it('draws means over equal stretches, and points only where there are numbers', () => {
  const log = readLog(
    [0, 1, 2, 3, 4].map((step) => line(step, step % 2 ? { loss: step, recall: 7 } : { loss: step })).join(''),
  );
  expect(curveOf(log, 'loss', 3)).toEqual({ x: [2, 4, 5], y: [0.5, 2.5, 4], perPoint: 2 });
  expect(curveOf(log, 'recall')).toEqual({ x: [2, 4], y: [7, 7], perPoint: 1 });
  expect(curveOf([], 'loss')).toEqual({ x: [], y: [], perPoint: 1 });
});

it('tells runs apart by colour and, when colours come again, by dashes', () => {
  const log = readLog(line(0, { loss: 1 }));
  const look = { measure: 'loss', logarithmic: true, text: '', line: '', stepName: 'step' };
  const { traces, layout } = trainingFigure(
    [0, 1, 6].map((index) => ({ name: `run ${index}`, index, log })),
    look,
  );
  const looks = traces.map((trace) => JSON.stringify((trace as { line: object }).line));
  expect(new Set(looks).size).toBe(3);
  expect(layout).toMatchObject({ yaxis: { type: 'log' }, showlegend: true });
});
