/** Fixtures that are compressed JSON (test/fixtures/README.md). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export function gzippedFixture<T>(name: string): T {
  const path = join(import.meta.dirname, '..', '..', 'fixtures', `${name}.json.gz`);
  return JSON.parse(gunzipSync(readFileSync(path)).toString('utf8')) as T;
}
