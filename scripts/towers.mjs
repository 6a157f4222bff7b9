// Trains again what is shipped for Shapes in datasets/shapes: `node scripts/towers.mjs [NAME...] [--out DIR]`. Ctrl-C
// loses nothing: the next call goes on.
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { main } from './main.mjs';
import { paths } from './setup/paths.mjs';

await main(async () => {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { out: { type: 'string' } } });
  const { makeShapesTowers } = createRequire(import.meta.url)(paths.core);
  const names = positionals.length > 0 ? positionals : undefined;
  const onTower = (name, index, count) => console.error(`\n== ${name} (${index + 1} of ${count})`);
  const done = await makeShapesTowers({ names, out: values.out, onTower });
  return done ? 0 : 1;
});
