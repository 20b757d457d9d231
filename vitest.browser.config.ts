import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/**
 * Tests that drive a real browser; apart from the others, so that `npm test` needs none. They leave alone what
 * `npm test` recorded.
 */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    projects: undefined,
    globalSetup: [],
    provide: { postgres: null },
    include: ['test/browser/**/*.browser.ts'],
  },
});
