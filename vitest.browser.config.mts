import { defineConfig } from 'vitest/config';
import base from './vitest.config.mts';

const { projects: _, ...settings } = base.test!;

// Tests in a browser, kept apart because they take long: `npm run test:browser`.
export default defineConfig({
  ...base,
  test: { ...settings, include: ['test/**/*.browser.ts'], hookTimeout: 300_000, testTimeout: 300_000 },
});
