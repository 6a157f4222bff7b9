// `npm run setup`: what `npm start` and `npm test` do first, alone.
import { main } from './main.mjs';

await main(() => console.error('Set-up is complete.'));
