// `npm test`: the whole suite; arguments go to vitest (`npm test -- test/text -t wordpiece`).
import { join } from 'node:path';
import { main } from './main.mjs';
import { paths } from './setup/paths.mjs';
import { runInForeground } from '../packages/core/setup/shell.mjs';

const vitest = join(paths.nodeModules, 'vitest', 'vitest.mjs');

await main(() => runInForeground(process.execPath, [vitest, 'run', ...process.argv.slice(2)]));
