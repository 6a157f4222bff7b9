/**
 * Where queries look, as an HTML page that needs nothing else: JupyterLab's explorer where its script is at hand, and for
 * readers without scripts every block that reads the picture, heads averaged.
 */
import { isSet, withBundles, type AttentionBundle, type AttentionSet } from '../attention';
import { drawAttention } from './attentionDrawing';
import { definePicture } from './attentionPicture';
import { explorerPlace, explorerScript } from './explorer';
import { escape, FONT, INK, svgDocument } from './svg';

const STYLE = `body { font: 15px/1.5 ${FONT}; color: ${INK.text}; background: #fff; max-width: 800px; margin: 2em auto; padding: 0 1em; }
body:has(#explorer) { max-width: 1200px; }
h1 { font-size: 1.4em; } h2 { font-size: 1.1em; margin: 1.5em 0 0.3em; }
p { color: ${INK.quiet}; } svg { max-width: 100%; height: auto; }`;

/** Nothing but what is in the page is ever loaded. */
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'";

/** The page's text, pictures included. */
export function attentionPage(record: AttentionBundle | AttentionSet): string {
  const whole = isSet(record) ? withBundles(record) : record;
  const still = stillPage(whole);
  const script = explorerScript();
  const body = script
    ? `<noscript>\n${still}\n</noscript>\n${script}\n${explorerPlace(whole, 'explorer')}`
    : still;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Where the queries look</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Where the queries look</h1>
${body}
</body>
</html>
`;
}

function stillPage(record: AttentionBundle | AttentionSet): string {
  if (!isSet(record)) return stillBundle(record);
  return record.items
    .map(({ name, bundle }) => `<h2>${escape(name)}</h2>\n${stillBundle(bundle!)}`)
    .join('\n');
}

function stillBundle(bundle: AttentionBundle): string {
  const { queries, heads, layers, grid, text, generated } = bundle;
  const said = text === undefined ? '' : ` beside the text “${text}”`;
  const wrote = generated ? ` The language model wrote: “${generated.tokens.join('').trim()}”.` : '';
  const about = `${queries} queries${said}, mean of ${heads} heads, ${grid.rows} × ${grid.columns} patches. The lighter a patch, the more of a query’s attention it has; within a block, all share one scale.${wrote}`;
  const blocks = layers.map(({ layer }, i) => {
    const svg = svgDocument(drawAttention(bundle, { layer }));
    // The picture is in the page once: later drawings refer to it.
    return `<h2>Block ${layer}</h2>\n${i === 0 ? svg : svg.replace(definePicture(bundle), '')}`;
  });
  return `<p>${escape(about)}</p>\n${blocks.join('\n')}`;
}
