import { defineConfig } from 'vitest/config';

export default defineConfig({
  // One copy of graphql: Node gives type-graphql the CommonJS build, so our own imports must get that one too.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    globalSetup: ['test/support/empty-record.ts'],
    setupFiles: ['test/support/setup.ts'],
    // They end what hangs, and decide nothing else: a busy machine may take several times as long.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: 'PGlite', include: ['test/**/*.test.ts'], provide: { postgres: null } } },
      {
        extends: true,
        test: {
          name: 'PostgreSQL',
          // The read API once more, on a real server.
          include: ['test/api/**/*.test.ts'],
          globalSetup: ['test/support/postgres-store.ts'],
        },
      },
    ],
  },
});
