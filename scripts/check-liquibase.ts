/**
 * Runs the warehouse's changelog for real: Liquibase's update, rollback and update again on a PostgreSQL that reaches
 * an AdSuite database on another one; what came of it, seen and tried by every user; the same by the plain reader, to
 * the same catalog; and the SQL for Redshift, as Liquibase and the plain reader render it, parsed by sqlfluff.
 *
 * Exits with 1 at the first fault, 2 where Java (11 or later) or sqlfluff is missing (Debian: default-jre-headless,
 * sqlfluff).
 */
import { spawnSync } from 'node:child_process';
import { exitWithReason } from '../local/errors.ts';
import { startPostgres } from '../local/postgres/temporary.ts';
import { createAdsuite } from '../test/support/adsuite.ts';
import { checkLocal } from './liquibase/check/local.ts';
import { checkRedshift } from './liquibase/check/redshift.ts';
import { ChangelogError } from './liquibase/index.ts';
import { findJava } from './liquibase/java.ts';

const java = await findJava();
if (java === null) missing('Java 11 or later', 'default-jre-headless');
if (spawnSync('sqlfluff', ['--version']).error) missing('sqlfluff', 'sqlfluff');

const [adsuiteServer, warehouseServer] = await Promise.all([startPostgres(), startPostgres()]).catch(exitWithReason);
try {
  const adsuite = await createAdsuite(adsuiteServer);
  await checkLocal(adsuite, warehouseServer, java);
  await checkRedshift(warehouseServer, java);
  console.log('\nThe changelog does what it should.');
} catch (error) {
  console.error(error instanceof ChangelogError ? error.message : error);
  process.exitCode = 1;
} finally {
  await Promise.all([adsuiteServer.stop(), warehouseServer.stop()]);
}

function missing(what: string, debianPackage: string): never {
  console.error(`This check needs ${what} (Debian: apt-get install ${debianPackage}).`);
  process.exit(2);
}
