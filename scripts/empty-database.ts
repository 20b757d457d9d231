/** Creates the empty database that the service copies into a new data folder. `npm run build` runs it (scripts/prepare.mjs). */
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { emptyDatabaseFolder } from '../src/embedded/empty-database.ts';

const folder = emptyDatabaseFolder();
const unfinished = `${folder}.new`;
// With those of other versions.
rmSync(dirname(folder), { recursive: true, force: true });
mkdirSync(unfinished, { recursive: true });
const database = await PGlite.create({ dataDir: unfinished });
await database.close();
// Renamed when it is complete: the service copies it if it exists.
renameSync(unfinished, folder);
