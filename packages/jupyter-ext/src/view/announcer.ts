/** Tells those who do not see the view what is on it. */
import { element } from './dom';
import { atRest } from './rest';

export function announcer() {
  const region = element('p', { class: 'blip2-Live', role: 'status' });
  const rest = atRest();
  return {
    element: region,
    say(text: string): void {
      rest.wish(() => {
        region.textContent = text;
      });
    },
    dispose: rest.dispose,
  };
}
