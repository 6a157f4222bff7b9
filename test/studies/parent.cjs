// Starts a worker as the runner does, and is there to be killed: node parent.cjs WORKER RUNS
'use strict';

const { fork } = require('node:child_process');

const [worker, runsDir] = process.argv.slice(2);
const assignment = { study: 'one', seed: 0, scale: 'smoke', runsDir };
fork(worker, [JSON.stringify(assignment)], {
  execArgv: ['--import', 'tsx'],
  stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
});
