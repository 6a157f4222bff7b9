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

/** Pixels on a canvas of their own size; the style sheet stretches it without smoothing. */
export function putPixels(
  canvas: HTMLCanvasElement,
  pixels: Uint8ClampedArray<ArrayBuffer>,
  width: number,
): void {
  const image = new ImageData(pixels, width);
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext('2d')!.putImageData(image, 0, 0);
}
