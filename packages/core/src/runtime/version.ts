/** Which version of the library this is. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The version of @blip2/core. */
export function version(): string {
  const description = readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8');
  return (JSON.parse(description) as { version: string }).version;
}
