// TensorFlow's wheel for this platform, fetched by pip whatever its Python is. Kept only until it is unpacked.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { paths, pythonProgram } from '../paths.mjs';
import { run } from '../shell.mjs';
import { hasStamp } from '../stamps.mjs';
import { tensorflowWheel } from '../versions.mjs';

const PARTIAL = join(paths.partial, 'wheel');

/** Where the wheel waits for being unpacked. */
export function wheelFile() {
  const { package: name, version, platform } = tensorflowWheel();
  return join(paths.downloads, `${name}-${version}-${platform}.whl`);
}

export const tensorflowDownload = {
  name: 'TensorFlow, download',
  isDone: () => hasStamp('tensorflow', tensorflowWheel().stamp) || existsSync(wheelFile()),
  async run({ detail }) {
    const wheel = tensorflowWheel();
    rmSync(PARTIAL, { recursive: true, force: true });
    mkdirSync(PARTIAL, { recursive: true });
    mkdirSync(paths.downloads, { recursive: true });
    const megabytes = (bytes) => Math.round(bytes / 1e6);
    const watch = setInterval(
      () => detail(`${megabytes(sizeOf(PARTIAL))} of ${megabytes(wheel.bytes)} MB`),
      500,
    );
    try {
      await run(
        pythonProgram('python'),
        [
          ...['-m', 'pip', 'download', '--disable-pip-version-check', '--no-cache-dir', '--no-deps'],
          // The wheel's Python does not matter: only its C++ libraries are used.
          ...['--only-binary', ':all:', '--python-version', '3.12', '--platform', wheel.platform],
          ...['--dest', PARTIAL, `${wheel.package}==${wheel.version}`],
        ],
        // pip's temporary files go there too, so that an interrupted download leaves nothing behind elsewhere.
        {
          env: { TMPDIR: PARTIAL },
          hint: 'Is PyPI within reach, and is there room on the disk? Then run the same command again.',
        },
      );
    } finally {
      clearInterval(watch);
    }
    const downloaded = readdirSync(PARTIAL).find((name) => name.endsWith('.whl'));
    renameSync(join(PARTIAL, downloaded), wheelFile());
    rmSync(PARTIAL, { recursive: true });
  },
};

function sizeOf(folder) {
  const files = readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) =>
    entry.isFile(),
  );
  const size = (entry) => statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  return files.reduce((sum, entry) => sum + size(entry), 0);
}
