import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/**
 * Tests that start, stop and kill whole processes and data folders: the built service, replicas, stacks, embedded
 * warehouses. They are separate, so that `npm test` is quick, and keep the record of `npm test`.
 */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    projects: undefined,
    globalSetup: ['test/support/databases.ts'],
    provide: { warehouses: 'PGlite' },
    include: ['test/**/*.process.ts'],
  },
});
