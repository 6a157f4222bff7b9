/** A finding in one sentence, its verdict, and what the reader's own run says about it. */
import { html, type Html } from './html';
import { counted, fixed, signed } from './numbers';
import type { Difference, JudgedClaim } from './part';
import { verdictOf } from './verdict';

/** "+38.2 (95% interval +34.1 to +42.3)"; without an interval where there is one seed. */
export function differenceText({ mean, interval }: Difference, digits: number): string {
  const range = interval?.map((end) => signed(end, digits)).join(' to ');
  return signed(mean, digits) + (range ? ` (95% interval ${range})` : '');
}

/** "5 seeds: with stage 1 is 38.2 above without stage 1 in VQA accuracy (95% interval …)." */
function sentence({ claim, digits }: JudgedClaim, { mean, interval, seeds }: Difference): Html {
  const size = html`<strong>${fixed(Math.abs(mean), digits)}</strong> ${mean < 0 ? 'below' : 'above'}`;
  const range = interval?.map((end) => signed(end, digits)).join(' to ');
  const bounds = range && ` (95% interval of the paired difference: ${range})`;
  return html`${counted(seeds, 'seed')}: <em>${claim.better}</em> is ${size} <em>${claim.worse}</em> in
    ${claim.metric}${bounds}.`;
}

/** A claim of the paper with what was found: the committed results first, then the reader's own. */
export function findingBlock(judged: JudgedClaim): Html {
  const { claim, committed, own } = judged;
  return html`<div class="finding">
    <p><strong>${claim.text}</strong> ${verdictOf(committed ?? own)}</p>
    ${committed && html`<p>Committed, ${sentence(judged, committed)}</p>`}
    ${own && html`<p>Yours, ${sentence(judged, own)}</p>`}
  </div> `;
}
