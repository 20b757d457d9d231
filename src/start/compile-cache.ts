import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Imported before the modules that are loaded on demand and those in CommonJS, which Node compiles later than this runs: the next
// start does not compile them again. Where dist/ can't be written, nothing is kept. Nor is it where the sources run: tests.
if (import.meta.url.endsWith('.js')) enableCompileCache(join(import.meta.dirname, '../.compile-cache'));
