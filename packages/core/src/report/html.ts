/** HTML by template: whatever is put in is escaped, unless it is HTML already. The one place where that is done. */
import { escape } from '../notebook';

/** Text that is HTML. */
export class Html {
  constructor(readonly text: string) {}
}

/** What can be put in. A list is its parts one after the other; what is missing is nothing. */
export type Content = Html | string | number | undefined | readonly Content[];

/** html`<td title="${hover}">${text}</td>`: values of attributes stand in double quotes. */
export function html(strings: TemplateStringsArray, ...contents: Content[]): Html {
  return new Html(strings.map((text, i) => (i === 0 ? text : textOf(contents[i - 1]) + text)).join(''));
}

function textOf(content: Content): string {
  if (content === undefined) return '';
  if (content instanceof Html) return content.text;
  if (typeof content === 'object') return content.map(textOf).join('');
  return escape(String(content));
}
