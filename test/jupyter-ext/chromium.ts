/** The Chromium that the tests drive. */
import { existsSync } from 'node:fs';

export const chromiumPath = [process.env.BLIP2_CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path && existsSync(path),
);
