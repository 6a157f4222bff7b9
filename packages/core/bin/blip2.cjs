#!/usr/bin/env node
// The `blip2` command. dist/cli exports `main(arguments): Promise<exit code>`.
'use strict';

const { existsSync } = require('node:fs');
const { join } = require('node:path');

// Who reads the results may stop before their end (`| head`), and so do we; work goes on if nobody reads of its progress.
process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});
process.stderr.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error;
});

const cli = join(__dirname, '..', 'dist', 'cli', 'index.js');

if (!existsSync(cli)) {
  console.error(
    'blip2 is not set up yet.\n→ Run `npm run setup` (or `npm start`) once in the project folder.',
  );
  process.exitCode = 1;
} else {
  require(cli)
    .main(process.argv.slice(2))
    .then((exitCode) => {
      process.exitCode = exitCode;
    });
}
