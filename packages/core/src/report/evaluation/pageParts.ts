/** How the page of an evaluation looks beside what all reports have, and the filter's few lines of script. */
import { CARD_STYLE } from '../cardStyle';
import { Html } from '../html';

export const OWN_STYLE = `${CARD_STYLE}
body { max-width: 78rem; }
.filter { display: flex; flex-wrap: wrap; gap: 0.6rem 1.2rem; align-items: baseline; position: sticky; top: 0; z-index: 1;
  background: var(--ground); padding: 0.7rem 0; border-bottom: 1px solid var(--rule); }
.filter select, .filter input { font: inherit; font-size: 0.95rem; color: inherit; background: var(--panel); border: 1px solid var(--rule);
  border-radius: 4px; padding: 0.15rem 0.4rem; max-width: 14rem; }
.filter output { color: var(--quiet); font-size: 0.9rem; }
.line { border-left: 3px solid var(--rule); padding-left: 0.7rem; margin-bottom: 0.8rem; overflow-wrap: anywhere; }
.line.right { border-color: var(--good); } .line.wrong { border-color: var(--bad); }
.line p { margin: 0 0 0.15rem; font-size: 0.95rem; line-height: 1.35; }
.line .quiet { font-size: 0.86rem; }
.line ol { margin: 0.1rem 0; padding-left: 1.3rem; font-size: 0.92rem; line-height: 1.35; }
.mark { color: var(--quiet); font-size: 0.85rem; white-space: nowrap; }
.line.wrong .mark::before { content: '✗ '; color: var(--bad); } .line.right .mark::before { content: '✓ '; color: var(--good); }
[hidden] { display: none !important; }
@media print { .filter { display: none; } }
`;

/** Without scripts everything is there. */
export const SCRIPT = new Html(`<script>
const form = document.querySelector('.filter');
const cards = [...document.querySelectorAll('.card')];
function update() {
  const { state, type, text } = form.elements;
  const words = text.value.toLowerCase();
  let [lines, pictures] = [0, 0];
  for (const card of cards) {
    let shown = 0;
    for (const line of card.querySelectorAll('.line')) {
      line.hidden = (state.value && line.dataset.state !== state.value) || (type.value && line.dataset.type !== type.value) ||
        (words && !line.textContent.toLowerCase().includes(words));
      if (!line.hidden) shown++;
    }
    card.hidden = shown === 0;
    lines += shown;
    if (shown) pictures++;
  }
  form.querySelector('output').textContent = lines + (lines === 1 ? ' line, ' : ' lines, ') + pictures + (pictures === 1 ? ' picture' : ' pictures');
}
form.addEventListener('input', update);
form.addEventListener('submit', (event) => event.preventDefault());
update();
</script>
`);
