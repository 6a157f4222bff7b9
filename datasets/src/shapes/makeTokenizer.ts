/**
 * Makes datasets/shapes/tokenizer/ again, byte for byte:
 *
 *   npx tsx datasets/src/shapes/makeTokenizer.ts
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shapesDirectory } from './directory';
import { trainShapesTokenizer } from './tokenizer';

const directory = join(shapesDirectory, 'tokenizer');
const { tokenizer, config } = trainShapesTokenizer();
mkdirSync(directory, { recursive: true });
writeFileSync(join(directory, 'tokenizer.json'), `${JSON.stringify(tokenizer, null, 2)}\n`);
writeFileSync(join(directory, 'tokenizer_config.json'), `${JSON.stringify(config, null, 2)}\n`);
process.stderr.write(`wrote ${directory}\n`);
