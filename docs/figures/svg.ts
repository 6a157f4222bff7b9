/**
 * Drawing diagrams as SVG: boxes, arrows and words on a card of its own background, which follows the reader's light or
 * dark. Colours stand for the same thing in every figure: see `ROLES`.
 */

/** What a colour stands for: [fill, stroke] in the light, and in the dark. */
const ROLES = {
  frozen: ['#dbe9f6', '#3f76ad', '#16324f', '#6ea8dc'],
  trained: ['#fde8cf', '#c46a12', '#4a2f12', '#e9a15b'],
  query: ['#e9defa', '#7a45c0', '#35235a', '#b794f4'],
  text: ['#dcf1dc', '#3a8a3f', '#1c3b1f', '#7bc47f'],
  plain: ['#f1f2f4', '#7d8590', '#242a32', '#8b949e'],
  hidden: ['#ffffff', '#d0d7de', '#0f1319', '#30363d'],
} as const;

export type Role = keyof typeof ROLES;
export type Theme = 'auto' | 'light' | 'dark';

const INK = ['#1f2328', '#e6edf3'] as const;
const FAINT = ['#59636e', '#9aa4af'] as const;
const PAPER = ['#ffffff', '#0d1117'] as const;

/** Rules for one brightness: 0 light, 1 dark. */
function rules(which: 0 | 1): string {
  const roles = Object.entries(ROLES).map(
    ([name, colors]) => `.${name}{fill:${colors[2 * which]};stroke:${colors[2 * which + 1]}}`,
  );
  return [
    `.paper{fill:${PAPER[which]};stroke:${ROLES.hidden[2 * which + 1]}}`,
    `.ink{fill:${INK[which]}}`,
    `.faint{fill:${FAINT[which]}}`,
    `.line{fill:none;stroke:${FAINT[which]}}`,
    `.head{fill:${FAINT[which]}}`,
    ...roles,
  ].join('');
}

function styleOf(theme: Theme): string {
  const fixed = "text{font-family:'DejaVu Sans',Helvetica,Arial,sans-serif}";
  if (theme !== 'auto') return fixed + rules(theme === 'dark' ? 1 : 0);
  return `${fixed}${rules(0)}@media(prefers-color-scheme:dark){${rules(1)}}`;
}

const escaped = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');

export interface WordOptions {
  size?: number;
  anchor?: 'start' | 'middle' | 'end';
  bold?: boolean;
  faint?: boolean;
}

/** One line of words; `y` is its middle. */
export function words(x: number, y: number, line: string, options: WordOptions = {}): string {
  const { size = 14, anchor = 'middle', bold = false, faint = false } = options;
  const weight = bold ? ' font-weight="bold"' : '';
  const place = `x="${x}" y="${y + size * 0.35}" text-anchor="${anchor}" font-size="${size}"`;
  return `<text ${place}${weight} class="${faint ? 'faint' : 'ink'}">${escaped(line)}</text>`;
}

/** A box with lines of words in its middle; the first is bold. */
export function box(x: number, y: number, width: number, height: number, role: Role, ...lines: string[]) {
  const step = 18;
  const first = y + height / 2 - ((lines.length - 1) * step) / 2;
  const inside = lines.map((line, i) =>
    words(x + width / 2, first + i * step, line, i === 0 ? { bold: true } : { size: 12, faint: true }),
  );
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="8" stroke-width="1.5" class="${role}"/>${inside.join('')}`;
}

/** A row of small squares: tokens, queries, patches. `labels` go inside. */
export function cells(x: number, y: number, side: number, role: Role, labels: readonly string[]): string {
  return labels
    .map((label, i) => {
      const left = x + i * (side + 4);
      const square = `<rect x="${left}" y="${y}" width="${side}" height="${side}" rx="4" stroke-width="1.5" class="${role}"/>`;
      return square + words(left + side / 2, y + side / 2, label, { size: 12 });
    })
    .join('');
}

/** A line through points, with an arrow's head at its end. */
export function arrow(...points: readonly (readonly [number, number])[]): string {
  const [last, before] = [points.at(-1)!, points.at(-2)!];
  const angle = (Math.atan2(last[1] - before[1], last[0] - before[0]) * 180) / Math.PI;
  const path = points.map(([x, y]) => `${x},${y}`).join(' ');
  const head = `<path d="M0,0L-9,-5L-9,5Z" class="head" transform="translate(${last[0]},${last[1]}) rotate(${angle})"/>`;
  return `<polyline points="${path}" class="line" stroke-width="1.8"/>${head}`;
}

/** A whole figure. `title` is what is read out in its place. */
export function figure(width: number, height: number, title: string, parts: readonly string[], theme: Theme) {
  const paper = `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="10" class="paper"/>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(title)}</title><style>${styleOf(theme)}</style>`,
    paper,
    ...parts,
    '</svg>\n',
  ].join('\n');
}
