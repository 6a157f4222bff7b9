/** The view as a page of its own, which needs nothing else and asks no machine for anything. */

/** What a page shows. */
export interface PageContent {
  title: string;
  /** Text of the stand-alone script. */
  script: string;
  /** A bundle or a set. */
  json: unknown;
  /** What is on view when it opens. */
  state?: unknown;
}

/** Nothing but what is in the page is ever loaded. */
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'";

/** HTML as text. */
export function pageHtml({ title, script, json, state }: PageContent): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(title)}</title>
<style>
:root { color-scheme: light dark; background: Canvas; }
body { max-width: 1180px; margin: 24px auto; padding: 0 16px; }
</style>
</head>
<body>
<main id="view"></main>
<script type="application/json" id="data">${inScript(JSON.stringify({ json, state }))}</script>
<script>${script.replace(/<\/(script)/gi, '<\\/$1').replace(/<!-{2}/g, '<\\!--')}</script>
<script>{
const { json, state } = JSON.parse(document.getElementById('data').textContent);
blip2Explorer.mount(document.getElementById('view'), json, { state });
}</script>
</body>
</html>
`;
}

const escapeText = (text: string) => text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** No text of a bundle can end the element that holds it. */
const inScript = (json: string) => json.replace(/</g, '\\u003c');
