/**
 * Models from the Hugging Face hub into its standard cache, which Python's huggingface_hub shares. A file that is there is
 * not fetched again; one that was cut short goes on from where it stopped, and is checked by its hash.
 */
import type * as HubModule from '@huggingface/hub';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Blip2Error } from '../runtime';
import { fileError } from './files';
import { sha256File } from './hash';

/** What of a repository is fetched, and where to. */
export interface DownloadOptions {
  /** A branch, a tag or a commit; `main` unless given. */
  revision?: string;
  /** The hub's cache unless given: `HF_HOME`, or `~/.cache/huggingface`. */
  cacheDir?: string;
  /** Is told, now and then, how much of a file is there. */
  onProgress?: (file: string, done: number, size: number) => void;
}

type Hub = typeof HubModule;

interface RemoteFile {
  path: string;
  size: number;
  /** Names its content: the hash of a large file's. */
  etag: string;
  isLarge: boolean;
}

/** What `Blip2.load` reads. */
const WANTED = /^[^/]*\.(json|txt|model|safetensors|bin)$/;

/**
 * The folder of a model, such as `Salesforce/blip2-opt-2.7b`, fetched where it is not there yet.
 * @throws Blip2Error if there is no network, no such model, or a file is not what it should be
 */
export async function downloadModel(id: string, options: DownloadOptions = {}): Promise<string> {
  const hub = await import('@huggingface/hub');
  if (!/^[\w.-]+\/[\w.-]+$/.test(id)) {
    throw new Blip2Error(`${id} names no model of the hub`, {
      hint: 'Give OWNER/NAME, such as Salesforce/blip2-opt-2.7b.',
      exitCode: 2,
    });
  }
  const remote = {
    repo: { type: 'model' as const, name: id },
    hubUrl: process.env.HF_ENDPOINT ?? hub.HUB_URL,
    ...(process.env.HF_TOKEN && { accessToken: process.env.HF_TOKEN }),
  };
  try {
    const { revision = 'main', cacheDir = hub.getHFHubCachePath() } = options;
    const { sha } = await hub.modelInfo({ ...remote, name: id, revision, additionalFields: ['sha'] });
    const folder = join(cacheDir, hub.getRepoFolderName(remote.repo));
    const snapshot = join(folder, 'snapshots', sha);
    const files = await wantedFiles(hub, { ...remote, revision: sha });
    for (const file of files)
      await fetchFile(hub, { ...remote, revision: sha }, file, folder, snapshot, options);
    if (sha !== revision) {
      mkdirSync(join(folder, 'refs'), { recursive: true });
      writeFileSync(join(folder, 'refs', revision), sha);
    }
    return snapshot;
  } catch (cause) {
    throw asError(id, remote.hubUrl, cause);
  }
}

type Remote = Parameters<Hub['listFiles']>[0];

/** Without PyTorch's own weights where there are safetensors. */
async function wantedFiles(hub: Hub, remote: Remote): Promise<RemoteFile[]> {
  const files: RemoteFile[] = [];
  for await (const { type, path, size, oid, lfs } of hub.listFiles(remote)) {
    if (type !== 'file' || !WANTED.test(path)) continue;
    files.push({ path, size: lfs?.size ?? size, etag: lfs?.oid ?? oid ?? path, isLarge: lfs !== undefined });
  }
  const hasSafetensors = files.some(({ path }) => path.endsWith('.safetensors'));
  return files.filter(({ path }) => !(hasSafetensors && /\.bin(\.index\.json)?$/.test(path)));
}

async function fetchFile(
  hub: Hub,
  remote: Remote,
  { path, size, etag, isLarge }: RemoteFile,
  folder: string,
  snapshot: string,
  { onProgress }: DownloadOptions,
): Promise<void> {
  const place = join(snapshot, path);
  if (existsSync(place)) return onProgress?.(path, size, size);
  const blob = join(folder, 'blobs', etag);
  for (const file of [blob, place]) mkdirSync(dirname(file), { recursive: true });
  if (!existsSync(blob)) {
    const partial = `${blob}.incomplete`;
    const there = statSync(partial, { throwIfNoEntry: false })?.size ?? 0;
    const from = there <= size ? there : 0;
    const body = await hub.downloadFile({ ...remote, path });
    if (!body) throw new Blip2Error(`${path} is listed, but cannot be fetched`, { hint: 'Try again.' });
    let done = from;
    const count = new Transform({
      transform(chunk: Uint8Array, _, next) {
        done += chunk.length;
        onProgress?.(path, done, size);
        next(null, chunk);
      },
    });
    const rest = body.slice(from).stream();
    await pipeline(
      Readable.fromWeb(rest),
      count,
      createWriteStream(partial, { flags: from > 0 ? 'a' : 'w' }),
    );
    const isWhole = statSync(partial).size === size && (!isLarge || sha256File(partial) === etag);
    if (!isWhole) {
      rmSync(partial);
      throw new Blip2Error(`${path} did not arrive as it is on the hub`, { hint: 'Fetch it again.' });
    }
    renameSync(partial, blob);
  }
  symlinkSync(relative(dirname(place), blob), place);
}

function asError(id: string, hub: string, cause: unknown): Blip2Error {
  if (cause instanceof Blip2Error) return cause;
  const { message, statusCode, code } = cause as Error & { statusCode?: number; code?: string };
  if (statusCode === 401 || statusCode === 403 || statusCode === 404) {
    return new Blip2Error(`There is no model ${id} on ${hub}, or it is not open to all`, {
      hint: 'Check the name; of a gated model, accept its terms and set HF_TOKEN.',
      cause,
    });
  }
  if (code?.startsWith('E') && !isNetwork(cause)) return fileError(cause, 'write', 'the cache of the hub');
  return new Blip2Error(`${hub} cannot be reached: ${reason(cause) ?? message}`, {
    hint: 'Without a network, copy the model’s folder from elsewhere and give its path. What is fetched already is kept.',
    cause,
  });
}

/** fetch() says "fetch failed", and why in what caused it. */
function reason(error: unknown): string | undefined {
  const { cause } = error as Error;
  return cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code : undefined;
}

const isNetwork = (error: unknown): boolean => error instanceof TypeError || reason(error) !== undefined;
