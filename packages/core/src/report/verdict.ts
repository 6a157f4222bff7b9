/** Verdicts and marks: an icon and a word; colour only repeats them. */
import type { Difference } from './part';
import { html, Html } from './html';

type Look = 'good' | 'bad' | 'open';

/** Defined once on the page, used everywhere. */
export const ICONS = new Html(`<svg width="0" height="0" style="position:absolute" aria-hidden="true">
<symbol id="good" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="M4.6 8.3l2.4 2.4l4.4-5" fill="none" stroke="currentColor" stroke-width="1.8"/></symbol>
<symbol id="bad" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="M5.2 5.2l5.6 5.6m0-5.6l-5.6 5.6" fill="none" stroke="currentColor" stroke-width="1.8"/></symbol>
<symbol id="open" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="none" stroke="currentColor" stroke-width="1.5" stroke-dasharray="2.2 2.2"/><path d="M4 8h2m1 0h2m1 0h2" fill="none" stroke="currentColor" stroke-width="1.8"/></symbol>
</svg>
`);

export function marked(look: Look, words: string): Html {
  return html`<span class="verdict ${look}"
    ><svg class="icon" aria-hidden="true"><use href="#${look}" /></svg>${words}</span
  >`;
}

/** Of what was said, where it is known whether it is right. */
export const mark = (right: boolean | undefined): Html | undefined =>
  right === undefined ? undefined : marked(right ? 'good' : 'bad', right ? 'right ' : 'wrong ');

const LOOKS: Record<Difference['verdict'], Look> = {
  holds: 'good',
  'does not hold': 'bad',
  'too few seeds': 'open',
  'cannot tell': 'open',
};

export function verdictOf(found: Difference | undefined): Html {
  return found ? marked(LOOKS[found.verdict], found.verdict) : marked('open', 'not measured');
}
