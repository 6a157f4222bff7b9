/** JupyterLab's attention explorer on pages of any kind: one script, which jupyter-ext's build puts into this package. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AttentionBundle, AttentionSet } from '../attention';

/** It defines `blip2Explorer.mount(element, json, options)`. */
const SCRIPT = join(__dirname, '..', '..', 'explorer.js');

/** The script as an element, once for a page; nothing where it is not built. */
export function explorerScript(): string | undefined {
  if (!existsSync(SCRIPT)) return undefined;
  return `<script>${readFileSync(SCRIPT, 'utf8').replace(/<(?=\/script|!--)/gi, '\\x3c')}</script>`;
}

/**
 * The place where that script, which stands before it in the page, draws a record.
 * @param objects patches that show objects, of a bundle's grid
 */
export function explorerPlace(
  record: AttentionBundle | AttentionSet,
  id: string,
  objects?: readonly boolean[],
): string {
  return `<div id="${id}"></div>
<script type="application/json" id="${id}-record">${scriptJson({ record, wishes: { objects } })}</script>
<script>{
const { record, wishes } = JSON.parse(document.getElementById('${id}-record').textContent);
blip2Explorer.mount(document.getElementById('${id}'), record, { wishes });
}</script>`;
}

/** JSON that ends no script element, whatever its texts say. */
const scriptJson = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');
