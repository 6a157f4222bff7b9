/** The explorer on a page without JupyterLab: `blip2Explorer.mount(element, json)`. */
import { BundleError, readAttentionOutput } from '../attention';
import { AttentionView, type AttentionViewOptions } from './attentionView';
import { errorMessage } from './errorMessage';

/** The styles as text, put in by standalone/build.mjs. */
declare const BLIP2_STYLE: string;

/** This script's text where it stands in the page itself: a page saved from the view takes it along. */
const own = document.currentScript?.textContent ?? '';

/**
 * Draws a bundle or a set into an element.
 * @param json parsed or as text
 * @returns the view, or nothing where the error is shown instead
 */
export function mount(
  element: HTMLElement,
  json: unknown,
  options: AttentionViewOptions = {},
): AttentionView | undefined {
  addStyle();
  try {
    const script = own ? { script: () => Promise.resolve(own) } : {};
    const view = new AttentionView(readAttentionOutput(json), { ...script, ...options });
    element.replaceChildren(view.element);
    return view;
  } catch (error) {
    if (!(error instanceof BundleError)) throw error;
    element.replaceChildren(errorMessage(error.message));
    return undefined;
  }
}

function addStyle(): void {
  if (document.getElementById('blip2-style')) return;
  const style = document.createElement('style');
  style.id = 'blip2-style';
  style.textContent = BLIP2_STYLE;
  document.head.append(style);
}
