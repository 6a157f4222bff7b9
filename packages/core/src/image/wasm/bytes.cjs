// Writes resample.wasm into bytes.ts: node bytes.cjs
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const text = readFileSync(join(__dirname, 'resample.wasm')).toString('base64');
const lines = text.match(/.{1,100}/g).map((line) => `  '${line}',`);
const head = '/** resample.c, compiled by the command at its head; written by bytes.cjs. */';
writeFileSync(
  join(__dirname, 'bytes.ts'),
  `${head}\nexport const RESAMPLE_WASM = [\n${lines.join('\n')}\n].join('');\n`,
);
