// `npm run doctor`, `npm run bench`, …: sets up, then runs the `blip2` command with the given arguments.
import { main } from './main.mjs';
import { blip2 } from './programs.mjs';

await main(() => blip2(process.argv.slice(2)));
