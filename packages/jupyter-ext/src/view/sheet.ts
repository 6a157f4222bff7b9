/**
 * A canvas over an element, in the screen's own pixels. What moves with the pointer is drawn there: the page around it
 * is neither laid out nor painted anew, and no layer of the browser's changes its place or size.
 */
import { pixelCanvas } from './dom';

/** What is asked of whoever draws; `fine` is how many of the screen's pixels are one of the page's. */
export interface Drawing {
  /** Sizes, places, fonts or colours may be others; `draw` follows. */
  fit?(fine: number): void;
  /** On an empty canvas, in its own pixels. */
  draw(context: CanvasRenderingContext2D, fine: number): void;
}

/** The canvas covers the element in which it is put. */
export interface Sheet {
  canvas: HTMLCanvasElement;
  redraw: () => void;
  refit: () => void;
  dispose: () => void;
}

export function sheet(drawing: Drawing): Sheet {
  const { canvas, context } = pixelCanvas({ class: 'blip2-Sheet', 'aria-hidden': 'true' });
  canvas.width = canvas.height = 0;

  function redraw(): void {
    const { width, height } = canvas;
    if (width === 0 || height === 0) return;
    context.clearRect(0, 0, width, height);
    drawing.draw(context, window.devicePixelRatio);
  }
  function refit(): void {
    if (canvas.width === 0 || canvas.height === 0) return;
    drawing.fit?.(window.devicePixelRatio);
    redraw();
  }

  // Tells the first size, too: nothing is drawn before there is one.
  const sizes = new ResizeObserver((entries) => {
    for (const { contentRect, devicePixelContentBoxSize } of entries) {
      const exact = (devicePixelContentBoxSize as readonly ResizeObserverSize[] | undefined)?.[0];
      const rounded = (length: number) => Math.round(length * window.devicePixelRatio);
      canvas.width = exact?.inlineSize ?? rounded(contentRect.width);
      canvas.height = exact?.blockSize ?? rounded(contentRect.height);
    }
    refit();
  });
  try {
    sizes.observe(canvas, { box: 'device-pixel-content-box' });
  } catch {
    // Safari does not count the screen's pixels.
    sizes.observe(canvas);
  }
  // The style sheet lets the canvas's own colours change over an instant: the end of that tells of another theme.
  canvas.addEventListener('transitionend', refit);
  return { canvas, redraw, refit, dispose: () => sizes.disconnect() };
}
