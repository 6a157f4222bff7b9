/** Models from a hub of the test's own: into the cache, on from where it stopped, checked; and without a network. */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { downloadModel } from '../../packages/core/src/checkpoints';

const SHA = 'a'.repeat(40);
const weights = Buffer.from(Uint8Array.from({ length: 5000 }, (_, i) => i % 251));
const hash = createHash('sha256').update(weights).digest('hex');
const FILES: Record<string, Buffer> = {
  'config.json': Buffer.from('{"model_type":"blip-2"}'),
  'model.safetensors': weights,
  'pytorch_model.bin': Buffer.from('not wanted'),
  'README.md': Buffer.from('not wanted'),
};

const asked: string[] = [];
let spoiled = false;

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = decodeURIComponent(request.url ?? '').split('?')[0];
  const json = (value: unknown) =>
    response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
  if (url === '/api/models/us/tiny/revision/main') {
    return void json({
      _id: '1',
      id: 'us/tiny',
      sha: SHA,
      private: false,
      gated: false,
      downloads: 0,
      likes: 0,
      lastModified: '2024-01-01',
    });
  }
  if (url.startsWith(`/api/models/us/tiny/tree/${SHA}`)) {
    return void json(
      Object.entries(FILES).map(([path, bytes]) => ({
        ...{ type: 'file', path, size: bytes.length, oid: createHash('sha1').update(path).digest('hex') },
        ...(path.endsWith('safetensors') && { lfs: { oid: hash, size: bytes.length, pointerSize: 130 } }),
      })),
    );
  }
  const path = url.split(`/us/tiny/resolve/${SHA}/`)[1];
  const bytes = path === undefined ? undefined : FILES[path];
  if (!bytes) return void response.writeHead(404).end('{"error":"not found"}');
  const [, from = '0', to] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '') ?? [];
  const end = to ? Number(to) + 1 : bytes.length;
  if (request.headers.range !== 'bytes=0-0') asked.push(`${path} from ${from}`);
  const part = Buffer.from(bytes.subarray(Number(from), end));
  if (spoiled) part.fill(7);
  response.writeHead(206, {
    'content-range': `bytes ${from}-${end - 1}/${bytes.length}`,
    etag: `"${hash}"`,
  });
  response.end(part);
}

const server = createServer(answer);
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('HF_ENDPOINT', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterAll(() => {
  vi.unstubAllEnvs();
  server.close();
});

const fresh = () => mkdtempSync(join(tmpdir(), 'blip2-hub-'));

test('into the cache, as Python lays it out; what is there is not fetched again', async () => {
  const cacheDir = fresh();
  const seen: string[] = [];
  const dir = await downloadModel('us/tiny', { cacheDir, onProgress: (file) => seen.push(file) });
  expect(dir).toBe(join(cacheDir, 'models--us--tiny', 'snapshots', SHA));
  expect(readdirSync(dir).sort()).toEqual(['config.json', 'model.safetensors']);
  expect(readFileSync(join(dir, 'model.safetensors')).equals(weights)).toBe(true);
  expect(readFileSync(join(cacheDir, 'models--us--tiny', 'refs', 'main'), 'utf8')).toBe(SHA);
  expect(existsSync(join(cacheDir, 'models--us--tiny', 'blobs', hash))).toBe(true);
  expect(new Set(seen)).toEqual(new Set(['config.json', 'model.safetensors']));
  const before = asked.length;
  expect(await downloadModel('us/tiny', { cacheDir })).toBe(dir);
  expect(asked.length).toBe(before);
});

test('goes on from where it stopped; what arrives otherwise than it is there is thrown away', async () => {
  const cacheDir = fresh();
  const dir = await downloadModel('us/tiny', { cacheDir });
  const other = fresh();
  const blobs = join(other, 'models--us--tiny', 'blobs');
  await downloadModel('us/tiny', { cacheDir: other });
  rmSync(join(other, 'models--us--tiny', 'snapshots'), { recursive: true });
  rmSync(join(blobs, hash));
  writeFileSync(join(blobs, `${hash}.incomplete`), weights.subarray(0, 1234));
  asked.length = 0;
  const again = await downloadModel('us/tiny', { cacheDir: other });
  expect(asked).toEqual(['model.safetensors from 1234']);
  expect(readFileSync(join(again, 'model.safetensors'))).toEqual(
    readFileSync(join(dir, 'model.safetensors')),
  );

  spoiled = true;
  const third = fresh();
  await expect(downloadModel('us/tiny', { cacheDir: third })).rejects.toThrow(
    /model\.safetensors did not arrive as it is/,
  );
  spoiled = false;
  expect(readdirSync(join(third, 'models--us--tiny', 'blobs')).some((name) => name.startsWith(hash))).toBe(
    false,
  );
});

test('no such model, no such name, no network', async () => {
  await expect(downloadModel('us/none', { cacheDir: fresh() })).rejects.toThrow(
    /There is no model us\/none on http/,
  );
  await expect(downloadModel('tiny')).rejects.toThrow(/tiny names no model of the hub/);
  vi.stubEnv('HF_ENDPOINT', 'http://127.0.0.1:9');
  await expect(downloadModel('us/tiny', { cacheDir: fresh() })).rejects.toThrow(
    /http:\/\/127\.0\.0\.1:9 cannot be reached/,
  );
});
