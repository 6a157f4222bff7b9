import { expect, it } from 'vitest';
import { readFigure } from '../../packages/jupyter-ext/src/plotly/figure';

const figure = {
  data: [{ y: [1, 2] }],
  layout: { title: 'a' },
  config: { plotlyServerURL: 'https://example.org' },
};

it('reads a figure as an object or text, without its configuration', () => {
  const expected = { traces: figure.data, layout: figure.layout };
  expect(readFigure(JSON.stringify(figure))).toEqual(expected);
  expect(readFigure(figure)).toEqual(expected);
  expect(readFigure({ data: [] })).toEqual({ traces: [], layout: {} });
});

it('copies it, because plotly writes into what it draws', () => {
  const { traces, layout } = readFigure(figure);
  expect(traces[0]).not.toBe(figure.data[0]);
  expect(layout).not.toBe(figure.layout);
});

it.each([[null], ['[]'], [{}], [{ data: [1] }], [{ data: [], layout: 'wide' }]])('refuses %j', (data) => {
  expect(() => readFigure(data)).toThrow(TypeError);
});
