import { defineConfig } from 'vitest/config';

export default defineConfig({
  // One copy of graphql: Node gives type-graphql the CommonJS build, so our own imports must get that one too.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    globalSetup: ['test/support/empty-record.ts', 'test/support/databases.ts'],
    setupFiles: ['test/support/setup.ts'],
    // They end what hangs, and decide nothing else: a busy machine may take several times as long.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 60_000 } },
    // Test files share a process, and with it the modules and the compiled PGlite: no test may leave a global changed.
    isolate: false,
    // More than the two cores of CI: some tests mostly wait for time-outs.
    maxWorkers: 3,
    projects: [
      { extends: true, test: { name: 'PGlite', include: ['test/**/*.test.ts'], provide: { warehouses: 'PGlite' } } },
      {
        extends: true,
        test: {
          name: 'PostgreSQL',
          // The read API once more, on a real server.
          include: ['test/api/**/*.test.ts'],
          provide: { warehouses: 'PostgreSQL' },
        },
      },
    ],
  },
});
