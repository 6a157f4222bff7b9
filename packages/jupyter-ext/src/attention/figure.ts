/** The view as a figure to take home: an SVG of its pictures, and its numbers as CSV. P patches. */
import type { Attention } from './bundle';
import { colorOf } from './colors';
import { mapOf, type Stack } from './maps';
import type { Paint, ViewState } from './state';

/** One picture of a figure. */
export interface Panel {
  attention: Attention;
  /** [P] */
  map: Float32Array;
  top: number;
  paint: Paint;
  /** Above the picture: short, and longer. */
  title: string;
  subtitle: string;
  /** What the scale's upper end is. */
  topText: string;
  /** Patches drawn with a frame. */
  marked?: number;
}

const WIDTH = 480;
const MARGIN = 16;
const [HEAD, FOOT] = [48, 40];
const FONT = 'font-family="system-ui, sans-serif"';
/** Characters of a line that fits. */
const LONGEST = 64;

/** Pictures side by side, as SVG that needs nothing else. */
export function figureSvg(panels: readonly Panel[]): { svg: string; width: number; height: number } {
  const heights = panels.map(({ attention: { image } }) => (WIDTH * image.height) / image.width);
  const width = MARGIN + panels.length * (WIDTH + MARGIN);
  const height = HEAD + Math.max(...heights) + FOOT;
  const content = panels.map((panel, i) => panelSvg(panel, heights[i], MARGIN + i * (WIDTH + MARGIN)));
  return {
    width,
    height,
    svg: `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><defs><filter id="gray"><feColorMatrix type="saturate" values="0"/></filter></defs><rect width="100%" height="100%" fill="#ffffff"/>${content.join('')}</svg>`,
  };
}

function panelSvg(panel: Panel, height: number, left: number): string {
  const { attention, map, top, paint } = panel;
  const { image, grid } = attention;
  const [w, h] = [WIDTH / grid.columns, height / grid.rows];
  const at = (patch: number) =>
    `x="${round((patch % grid.columns) * w)}" y="${round(Math.floor(patch / grid.columns) * h)}" width="${round(w)}" height="${round(h)}"`;
  const cells = Array.from(
    map,
    (value, patch) => `<rect ${at(patch)} ${fill(top > 0 ? value / top : 0, paint)}/>`,
  );
  const frame =
    panel.marked === undefined
      ? ''
      : `<rect ${at(panel.marked)} fill="none" stroke="#ffffff" stroke-width="2"/>`;
  const filter = paint === 'light' ? '' : ' filter="url(#gray)"';
  const sharp = image.width <= SMALL ? ' style="image-rendering: pixelated"' : '';
  return `<g transform="translate(${left} 0)">${text(panel.title, 0, 20, 15, '600')}${text(panel.subtitle, 0, 38, 11)}
<g transform="translate(0 ${HEAD})" shape-rendering="crispEdges"><image href="${image.url}" width="${WIDTH}" height="${round(height)}" preserveAspectRatio="none"${filter}${sharp}/>${cells.join('')}${frame}</g>
${scale(panel, HEAD + height + 12)}</g>`;
}

/** Pictures up to this width, which are shown larger than they are, keep their pixels sharp. */
export const SMALL = 200;

function scale({ paint, topText }: Panel, y: number): string {
  const [start, length, steps] = [22, 240, 48];
  const bars = Array.from({ length: steps }, (_, i) => {
    const x = start + (i * length) / steps;
    return `<rect x="${x}" y="${y}" width="${length / steps}" height="10" ${fill(i / (steps - 1), paint)}/>`;
  });
  const back = `<rect x="${start}" y="${y}" width="${length}" height="10" fill="${paint === 'light' ? '#ffffff' : '#808080'}"/>`;
  return `${text('0', 8, y + 9, 11)}${back}${bars.join('')}${text(topText, start + length + 10, y + 9, 11)}`;
}

function fill(t: number, paint: Paint): string {
  const [r, g, b, a] = colorOf(t, paint);
  return `fill="rgb(${r},${g},${b})" fill-opacity="${round(a / 255)}"`;
}

const round = (value: number) => Math.round(1000 * value) / 1000;

function text(words: string, x: number, y: number, size: number, weight = '400'): string {
  const line = words.length > LONGEST ? `${words.slice(0, LONGEST - 1)}…` : words;
  return `<text x="${x}" y="${y}" ${FONT} font-size="${size}" font-weight="${weight}" fill="#1f2328">${escape(line)}</text>`;
}

/** Text as text; control characters, which XML does not allow, are left out. */
const escape = (words: string) =>
  words

    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** A picture's numbers that are on view. */
export interface Numbers {
  name: string;
  stack: Stack;
  state: ViewState;
  columns: number;
}

/** Every query's value at every patch, one to a line; the class token's has no row and column. */
export function numbersCsv(all: readonly Numbers[]): string {
  const lines = ['item,source,layer,head,query,row,column,value'];
  for (const { name, stack, state, columns } of all) {
    const { source } = state;
    const where = source === 'rollout' ? ['all', 'mean'] : [state.layer, state.head];
    for (let query = 0; query < stack.queries; query++) {
      const start = [quoted(name), source, ...where, query].join(',');
      lines.push(`${start},,,${stack.cls[query]}`);
      for (const [patch, value] of mapOf(stack, query).entries()) {
        lines.push(`${start},${Math.floor(patch / columns) + 1},${(patch % columns) + 1},${value}`);
      }
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Also so that no spreadsheet takes a name for a formula. */
const quoted = (name: string) => `"${name.replace(/^[=+\-@\t\r]/, "'$&").replace(/"/g, '""')}"`;
