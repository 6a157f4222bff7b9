/** Elements of the view. Text only ever becomes text: nothing of a bundle is read as HTML. */

type Attributes = Record<string, string>;

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

let made = 0;
/** For references between elements; a page holds many views. */
export const newId = (): string => `blip2-${++made}`;

/** A canvas for few pixels, which the processor keeps: a page may hold hundreds. */
export function pixelCanvas(attributes: Attributes = {}): {
  canvas: HTMLCanvasElement;
  context: CanvasRenderingContext2D;
} {
  const canvas = element('canvas', attributes);
  return { canvas, context: canvas.getContext('2d', { willReadFrequently: true })! };
}

/** A text that is the same is left alone: nothing is laid out anew. */
export function setText(to: HTMLElement, text: string): void {
  if (to.textContent !== text) to.textContent = text;
}

/**
 * How long a bar is, as a part of its place. Nothing around it has to be laid out anew; and no transform, as each has the
 * browser sort the layers of all views on the page anew.
 */
export function setBar(bar: HTMLElement, part: number): void {
  bar.style.backgroundSize = `${(100 * part).toFixed(1)}% 100%`;
}

/** Pixels on a canvas of their own size; the style sheet stretches it without smoothing. */
export function putPixels(
  context: CanvasRenderingContext2D,
  pixels: Uint8ClampedArray<ArrayBuffer>,
  width: number,
): void {
  const image = new ImageData(pixels, width);
  const { canvas } = context;
  if (canvas.width !== image.width) canvas.width = image.width;
  if (canvas.height !== image.height) canvas.height = image.height;
  context.putImageData(image, 0, 0);
}

const ICONS = {
  previous: 'M10 3 5 8l5 5',
  next: 'M6 3l5 5-5 5',
  play: 'M5 3l8 5-8 5z',
  pause: 'M5 3v10M11 3v10',
};

/** A button that shows a sign and is called by its name. */
export function iconButton(
  name: string,
  icon: keyof typeof ICONS,
  press: () => void,
): { button: HTMLButtonElement; show(name: string, icon: keyof typeof ICONS): void } {
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(path);
  const button = element('button', { type: 'button', class: 'blip2-Icon' });
  button.append(svg);
  button.addEventListener('click', press);
  const show = (text: string, sign: keyof typeof ICONS) => {
    button.setAttribute('aria-label', text);
    button.title = text;
    path.setAttribute('d', ICONS[sign]);
  };
  show(name, icon);
  return { button, show };
}

/** A list to choose from, under its name. */
export function choice<V>(
  name: string,
  options: readonly (readonly [V, string])[],
  choose: (value: V) => void,
): { element: HTMLElement; select: HTMLSelectElement; show(value: V): void } {
  const select = element('select', {}, ...options.map(([, text]) => element('option', {}, text)));
  select.addEventListener('change', () => choose(options[select.selectedIndex][0]));
  return {
    element: element('label', { class: 'blip2-Choice' }, element('span', {}, name), select),
    select,
    show(value) {
      const index = options.findIndex(([one]) => one === value);
      if (select.selectedIndex !== index) select.selectedIndex = index;
    },
  };
}
