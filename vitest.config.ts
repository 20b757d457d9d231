import { defineConfig } from 'vitest/config';

export default defineConfig({
  // One copy of graphql: Node gives type-graphql the CommonJS build, so our own imports must get that one too.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
