/**
 * Makes the tokenizers in datasets/shapes/ again, byte for byte:
 *
 *   npx tsx datasets/src/shapes/makeTokenizers.ts
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shapesDirectory } from './directory';
import { trainShapesTokenizers } from './tokenizers';

for (const [folder, { tokenizer, config }] of Object.entries(trainShapesTokenizers())) {
  const directory = join(shapesDirectory, folder);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'tokenizer.json'), `${JSON.stringify(tokenizer, null, 2)}\n`);
  writeFileSync(join(directory, 'tokenizer_config.json'), `${JSON.stringify(config, null, 2)}\n`);
  process.stderr.write(`wrote ${directory}\n`);
}
