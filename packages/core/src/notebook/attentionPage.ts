/** Where queries look, as an HTML page that needs nothing else: every block that reads the picture, heads averaged. */
import type { AttentionBundle } from '../attention';
import { drawAttention } from './attentionView';
import { escape, FONT, INK, svgDocument } from './svg';

const STYLE = `body { font: 15px/1.5 ${FONT}; color: ${INK.text}; background: #fff; max-width: 800px; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.4em; } h2 { font-size: 1.1em; margin: 1.5em 0 0.3em; }
p { color: ${INK.quiet}; } svg { max-width: 100%; height: auto; }`;

/** The page's text, pictures included. */
export function attentionPage(bundle: AttentionBundle): string {
  const { queries, heads, layers, grid, text } = bundle;
  const said = text === undefined ? '' : ` beside the text “${text}”`;
  const about = `${queries} queries${said}, mean of ${heads} heads, ${grid.rows} × ${grid.columns} patches. The lighter a patch, the more of a query’s attention it has; within a block, all share one scale.`;
  const blocks = layers.map(
    ({ layer }) => `<h2>Block ${layer}</h2>\n${svgDocument(drawAttention(bundle, { layer }))}`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Where the queries look</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Where the queries look</h1>
<p>${escape(about)}</p>
${blocks.join('\n')}
</body>
</html>
`;
}
