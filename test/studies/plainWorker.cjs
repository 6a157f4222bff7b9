// A worker that measures nothing and is there at once: what it does depends on the name of the study.
// PLAIN_INPUTS: the hash of inputs to write.
'use strict';

const { mkdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const { study, seed, scale, runsDir } = JSON.parse(process.argv[2]);

if (study === 'wrong') {
  process.send({ kind: 'failed', message: 'no such thing', hint: 'Find it.' }, () => process.exit(1));
} else if (study === 'dying') {
  console.error('last words');
  process.exitCode = 7;
  process.disconnect();
} else {
  const dir = join(runsDir, 'results', scale, study);
  mkdirSync(dir, { recursive: true });
  const result = {
    study,
    seed,
    scale,
    measurements: [
      { arm: 'trained', metric: 'fit', value: 2 + seed },
      { arm: 'untrained', metric: 'fit', value: 1 },
    ],
    runs: [],
    inputs: process.env.PLAIN_INPUTS,
    environment: { blip2: '0', node: '0', tensorflow: '0', cpu: 'none', threads: 1 },
    command: '',
    seconds: 1,
    finished: '',
  };
  writeFileSync(join(dir, `seed-${seed}.json`), JSON.stringify(result));
  process.disconnect();
}
