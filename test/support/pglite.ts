import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';

// initdb takes seconds of CPU time in PGlite. Its result depends on PGlite's version alone, so it is kept.
const cache = join(import.meta.dirname, '../../node_modules/.cache/empty-pglite');
const main = createRequire(import.meta.url).resolve('@electric-sql/pglite');
const { version }: { version: string } = JSON.parse(readFileSync(join(dirname(main), '../package.json'), 'utf8'));
const folder = join(cache, version);

/** Opens an empty PGlite in memory. */
export async function createPglite(): Promise<PGlite> {
  const archive = readFileSync(join(await emptyPglite(), 'archive.tar'));
  return PGlite.create({ loadDataDir: new Blob([archive]) });
}

/** Puts empty databases into a new DATA_DIR, so that a service need not create them. Await `emptyPglite` before. */
export function seedDataDir(dataDir: string): void {
  const database = join(folder, 'postgres');
  for (const store of ['warehouse', 'ledger']) {
    const own = join(dataDir, store);
    mkdirSync(own, { recursive: true, mode: 0o700 });
    writeFileSync(join(own, 'lock'), '');
    cpSync(database, join(own, 'postgres'), { recursive: true });
  }
}

/** The folder with an empty database, as files and as an archive. It is created by the first call after an install. */
export async function emptyPglite(): Promise<string> {
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  for (const other of readdirSync(cache)) {
    if (!other.startsWith(version)) rmSync(join(cache, other), { recursive: true, force: true });
  }
  // Test files run side by side: a folder with this name is complete.
  const beside = `${folder}.${process.pid}`;
  rmSync(beside, { recursive: true, force: true });
  mkdirSync(beside);
  const database = await PGlite.create(join(beside, 'postgres'));
  const archive = await database.dumpDataDir('none');
  await database.close();
  writeFileSync(join(beside, 'archive.tar'), Buffer.from(await archive.arrayBuffer()));
  if (!existsSync(folder)) renameSync(beside, folder);
  return folder;
}
