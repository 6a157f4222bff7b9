/** A plotly figure as a notebook's output brings it. */

export interface Figure {
  traces: object[];
  layout: object;
}

/**
 * @param data the JSON, parsed or as text
 * @returns a copy: plotly writes into what it draws
 * @throws TypeError if it is no figure
 */
export function readFigure(data: unknown): Figure {
  const figure: unknown = typeof data === 'string' ? JSON.parse(data) : structuredClone(data);
  if (!isObject(figure) || !Array.isArray(figure.data) || !figure.data.every(isObject)) {
    throw new TypeError('it has no list of traces in `data`');
  }
  const { layout = {} } = figure;
  if (!isObject(layout)) throw new TypeError('its `layout` is not an object');
  return { traces: figure.data, layout };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
