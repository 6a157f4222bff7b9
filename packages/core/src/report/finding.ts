/** A finding in one sentence, its verdict, what the paper says of it, and what each source says. */
import { html, type Html } from './html';
import { counted, fixed, signed } from './numbers';
import type { Difference, JudgedClaim } from './part';
import { scaleNote } from './scaleNote';
import { verdictOf } from './verdict';

/** "+38.2 (95% interval +34.1 to +42.3)"; without an interval where there is one seed. */
export function differenceText({ mean, interval }: Difference, digits: number): string {
  const range = interval?.map((end) => signed(end, digits)).join(' to ');
  return signed(mean, digits) + (range ? ` (95% interval ${range})` : '');
}

/** "Yours, 5 seeds, short: with stage 1 is 38.2 above without stage 1 in VQA accuracy (95% interval …)." */
function sentence({ claim, digits }: JudgedClaim, { source, mean, interval, seeds }: Difference): Html {
  const size = html`<strong>${fixed(Math.abs(mean), digits)}</strong> ${mean < 0 ? 'below' : 'above'}`;
  const range = interval?.map((end) => signed(end, digits)).join(' to ');
  const bounds = range && ` (95% interval of the paired difference: ${range})`;
  return html`<p>
    ${source.whose}, ${counted(seeds, 'seed')}${scaleNote(source)}: <em>${claim.better}</em> is ${size}
    <em>${claim.worse}</em> in ${claim.metric}${bounds}.
  </p>`;
}

/** A claim with what the paper says of it and what was found: the committed results first, then the reader's own. */
export function findingBlock(judged: JudgedClaim): Html {
  const { claim, found } = judged;
  const { paper } = claim;
  return html`<div class="finding">
    <p><strong>${claim.text}</strong> ${verdictOf(found.at(0))}</p>
    ${found.map((difference) => sentence(judged, difference))} ${doubt(judged)}
    <p class="quiet small">
      ${paper ? `In the paper: ${paper.says} (${paper.where}).` : 'Not in the paper: a check of our own.'}
    </p>
  </div> `;
}

/** Why there is no verdict, where the seeds lack what the claim needs. */
function doubt({ claim: { needs }, found }: JudgedClaim): Html | undefined {
  const first = found.at(0);
  if (!needs || !first?.unfit) return undefined;
  return html`<p>
    This cannot be told unless ${needs.text}: not so in ${first.unfit} of ${counted(first.seeds, 'seed')}.
  </p>`;
}
