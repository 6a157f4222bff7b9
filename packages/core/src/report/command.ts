/** Commands to be typed, with a button that copies them. Without scripts there is no button, and the text is there. */
import { html, Html } from './html';

export function commandBox(command: string): Html {
  return html`<div class="command">
    <pre><code>${command}</code></pre>
    <button type="button" hidden>Copy</button>
  </div> `;
}

/** Shows and serves the buttons; opens what is folded before printing, if it is to be printed. */
export const SCRIPT = new Html(`<script>
for (const button of document.querySelectorAll('.command button')) {
  button.hidden = false;
  button.addEventListener('click', async () => {
    const code = button.parentElement.querySelector('code');
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = 'Copied';
      setTimeout(() => (button.textContent = 'Copy'), 1500);
    } catch {
      getSelection().selectAllChildren(code);
    }
  });
}
addEventListener('beforeprint', () => {
  for (const details of document.querySelectorAll('details.printed')) details.open = true;
});
</script>
`);
