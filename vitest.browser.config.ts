import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** Tests that drive a real browser; apart from the others, so that `npm test` needs none. */
export default defineConfig({ ...base, test: { ...base.test, include: ['test/browser/**/*.browser.ts'] } });
