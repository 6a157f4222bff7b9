import { resolve } from 'node:path';

/** Where the world's shipped files lie: `tokenizer/`, and the small towers. The same from src/ and from dist/. */
export const shapesDirectory = resolve(__dirname, '../../shapes');
