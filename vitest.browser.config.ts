import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** Tests in a real browser. They are separate, so that `npm test` needs no browser, and keep the record of `npm test`. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    projects: undefined,
    globalSetup: ['test/browser/shared-service.ts'],
    provide: { warehouses: 'PGlite' },
    include: ['test/browser/**/*.browser.ts'],
  },
});
