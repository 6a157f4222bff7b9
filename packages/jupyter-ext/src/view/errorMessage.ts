/** What is wrong, in the place of what cannot be shown. */
import { element } from './dom';

export const errorMessage = (message: string): HTMLElement =>
  element('p', { class: 'blip2-Error', role: 'alert' }, message);
