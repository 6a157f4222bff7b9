// Builds the attention explorer as one script for pages of any kind, with its styles inside: lib/standalone.txt.
// Usage: node packages/jupyter-ext/standalone/build.mjs [output file]
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const inHere = (path) => fileURLToPath(new URL(path, import.meta.url));

const { outputFiles } = await build({
  entryPoints: [inHere('../style/attention.css')],
  bundle: true,
  minify: true,
  write: false,
  target: 'es2022',
});
await build({
  entryPoints: [inHere('../src/view/standalone.ts')],
  bundle: true,
  minify: true,
  format: 'iife',
  globalName: 'blip2Explorer',
  platform: 'browser',
  target: 'es2022',
  charset: 'utf8',
  legalComments: 'none',
  tsconfigRaw: '{}',
  define: { BLIP2_STYLE: JSON.stringify(outputFiles[0].text) },
  outfile: process.argv[2] ?? inHere('../lib/standalone.txt'),
});
