/** What a model is, as far as results depend on it: half-done ones go on only with the same weights. */
import { readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { canonicalJson, fileError, sha256, type JsonObject } from '../../checkpoints';
import { isRunFolder, readRunFolder } from '../../train';

/** Of a run: recipe and step. Of a folder: names, sizes and times of its files; gigabytes are not read to be hashed. */
export function modelRecord(dir: string): JsonObject {
  const name = basename(resolve(dir));
  if (isRunFolder(dir)) {
    const { record, checkpoint } = readRunFolder(dir, () => {});
    return { name, recipe: record.hash, step: checkpoint?.state.step ?? null };
  }
  try {
    const files = readdirSync(dir, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(json|safetensors|bin|txt|model)$/.test(file))
      .sort()
      .map((file) => {
        const { size, mtimeMs } = statSync(join(dir, file));
        return [file, size, mtimeMs];
      });
    return { name, state: sha256(canonicalJson(files)).slice(0, 16) };
  } catch (cause) {
    throw fileError(cause, 'read', dir);
  }
}
