import { expect, it } from 'vitest';
import { ATTENTION_FORMAT, ATTENTION_SET_FORMAT } from '../../packages/core/src/attention';
import { outline, readHeading } from '../../packages/jupyter-ext/src/panel/outline';

const url = 'data:image/png;base64,AAAA';
const code = (...data: Record<string, unknown>[]) => {
  const models = data.map((one) => ({
    data: one,
    metadata: { [ATTENTION_FORMAT]: { caption: 'asked for' } },
  }));
  return { type: 'code', outputs: { length: models.length, get: (index: number) => models[index] } };
};

it('finds the attention outputs of all cells, in order', () => {
  const found = outline([
    { type: 'markdown' },
    code({ 'text/plain': 'no' }, { [ATTENTION_FORMAT]: { image: { url }, text: 'a text' } }),
    code({
      [ATTENTION_SET_FORMAT]: JSON.stringify({ title: 'two', items: [{ bundle: { image: { url } } }, {}] }),
    }),
  ]);
  expect(found).toMatchObject([
    { cell: 1, output: 1, text: 'asked for', thumbnail: url, pictures: 1 },
    { cell: 2, output: 0, text: 'two', thumbnail: url, pictures: 2 },
  ]);
});

it.each([
  [null],
  ['{'],
  [3],
  [{ image: 'x', text: {} }],
  [{ items: [null] }],
  [{ image: { url: 'javascript:1' } }],
])('leaves out what %j does not have', (json) => {
  expect(readHeading(json)).toEqual({ text: '', pictures: 1 });
});

it('cuts endless text', () => {
  expect(readHeading({ text: 'a'.repeat(1e5) }).text).toHaveLength(200);
});
