/** Writes a model of bench/models.ts with random weights: npx tsx bench/writeModel.ts NAME DIR */
import { MODELS } from './models';
import { writeRandomFolder } from './randomFolder';

const [name, dir] = process.argv.slice(2);
writeRandomFolder(dir, MODELS[name](), 'F32');
