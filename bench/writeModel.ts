/** Writes a BLIP-2 of bench/models.ts with random weights: npx tsx bench/writeModel.ts NAME DIR */
import { MODELS } from './models';
import { writeRandomBlip2 } from './randomFolder';

const [name, dir] = process.argv.slice(2);
writeRandomBlip2(dir, MODELS[name as keyof typeof MODELS], 'F32');
