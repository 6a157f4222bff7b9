/** Tells those who do not see the view what is on it. */
import { element } from './dom';

/** Milliseconds of rest before something is said: whoever walks quickly hears only where they end. */
const REST = 200;

export function announcer() {
  const region = element('p', { class: 'blip2-Live', role: 'status' });
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    element: region,
    say(text: string): void {
      clearTimeout(timer);
      timer = setTimeout(() => {
        region.textContent = text;
      }, REST);
    },
    dispose: () => clearTimeout(timer),
  };
}
