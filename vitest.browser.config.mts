import { defineConfig } from 'vitest/config';
import base from './vitest.config.mts';

// Tests in a browser, kept apart because they take long: `npm run test:browser`.
export default defineConfig({
  ...base,
  test: { ...base.test, include: ['test/**/*.browser.ts'], hookTimeout: 300_000, testTimeout: 300_000 },
});
