import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** Tests that drive a real browser; apart from the others, so that `npm test` needs none. */
export default mergeConfig(base, defineConfig({ test: { include: ['test/browser/**/*.browser.ts'] } }));
