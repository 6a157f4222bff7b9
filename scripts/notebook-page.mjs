// An executed notebook as a page for any browser. nbconvert leaves out what a script would draw, so each plotly figure
// goes in as HTML, drawn by the plotly of node_modules: the page needs the project's folder, but no network.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { PLOTLY } from './figures.mjs';
import { jupyter } from './programs.mjs';
import { paths } from './setup/paths.mjs';

const plotly = join(paths.nodeModules, 'plotly.js-dist', 'plotly.js');

/** Writes NOTEBOOK.html beside NOTEBOOK.ipynb. Resolves to nbconvert's exit code. */
export async function writePage(notebookFile) {
  const notebook = JSON.parse(readFileSync(notebookFile, 'utf8'));
  const bundles = notebook.cells.flatMap((cell) => (cell.outputs ?? []).map((output) => output.data ?? {}));
  const figures = bundles.filter((bundle) => PLOTLY in bundle);
  const source = relative(dirname(notebookFile), plotly);
  for (const [index, bundle] of figures.entries()) bundle['text/html'] = figureHtml(bundle, index, source);

  const withFigures = notebookFile.replace(/\.ipynb$/, '.page.ipynb');
  const page = notebookFile.replace(/\.ipynb$/, '.html');
  writeFileSync(withFigures, JSON.stringify(notebook));
  try {
    return await jupyter([
      'nbconvert',
      '--to',
      'html',
      '--log-level',
      'ERROR',
      '--output',
      page,
      withFigures,
    ]);
  } finally {
    rmSync(withFigures);
  }
}

function figureHtml(bundle, index, source) {
  const { data, layout = {} } = bundle[PLOTLY];
  const json = JSON.stringify({ data, layout }).replaceAll('</', '<\\/');
  // nbconvert's page brings require.js, from which plotly has to be hidden to become a global.
  const library =
    index > 0
      ? ''
      : `<script>window.amd = window.define; window.define = undefined;</script>
<script src="${source}"></script>
<script>window.define = window.amd;</script>`;
  return `${library}<div id="figure-${index}"></div>
<script>(({ data, layout }) => Plotly.newPlot('figure-${index}', data, layout, { displaylogo: false, showSendToCloud: false }))(${json});</script>`;
}
