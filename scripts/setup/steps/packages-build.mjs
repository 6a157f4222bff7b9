// Compiles the TypeScript packages into their dist/ folders, which notebooks and the `blip2` command load.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { paths } from '../paths.mjs';
import { run } from '../../../packages/core/setup/shell.mjs';
import { hashOfFiles, hasStamp, removeStamp, writeStamp } from '../../../packages/core/setup/stamps.mjs';

const SOURCES = ['src', 'package.json', 'tsconfig.json', 'schema', 'style', 'standalone'];

const hash = () => {
  const packages = readdirSync(join(paths.root, 'packages')).map((name) =>
    join(paths.root, 'packages', name),
  );
  const sources = [...packages, paths.datasets].flatMap((folder) =>
    SOURCES.map((part) => join(folder, part)),
  );
  return hashOfFiles([
    ...sources,
    join(paths.root, 'tsconfig.base.json'),
    join(paths.root, 'package-lock.json'),
  ]);
};

export const packagesBuild = {
  name: 'packages, compile',
  isDone: () => hasStamp('build', hash()),
  async run() {
    removeStamp('build');
    const before = hash();
    await run(process.execPath, [join(paths.nodeModules, 'lerna', 'dist', 'cli.js'), 'run', 'build'], {
      env: { NX_DAEMON: 'false', NX_TUI: 'false', CI: 'true', NO_COLOR: '1', FORCE_COLOR: '0' },
    });
    writeStamp('build', before);
  },
};
