/**
 * Runs the warehouse's changelog for real: update, rollback and update with Liquibase on a PostgreSQL whose foreign tables
 * reach an AdSuite database on another one; checks the mirror and every user's rights; compares the built-in runner's
 * catalog with Liquibase's; parses the SQL for Redshift with sqlglot; and runs Amazon's driver.
 *
 * Needs Java 11 or later, Maven, which fetches the driver once, and Python with venv (Debian: default-jre-headless, maven,
 * python3-venv); sqlglot is in the environment of dbt, which is installed below node_modules once.
 *
 * Exits with 1 at the first fault, with 2 if Java is missing, and with 1 if Maven or Python is, before anything starts.
 */
import { createAdsuite } from '../local/adsuite.ts';
import { exitWithReason, LocalError } from '../local/errors.ts';
import { startPostgres } from '../local/postgres/temporary.ts';
import { pythonEnvironment } from '../local/python/environment.ts';
import { checkLocal } from './check-liquibase/local.ts';
import { checkRedshift } from './check-liquibase/redshift.ts';
import { findJava } from './liquibase/liquibase.ts';
import { fetchArtifact, redshiftDriver } from './liquibase/maven.ts';

// Other jars than the check's own, such as the extension for Redshift, would change what it shows.
delete process.env.LIQUIBASE_CLASSPATH;

const java = await findJava();
if (java === null) {
  console.error('This check needs Java 11 or later (Debian: apt-get install default-jre-headless).');
  process.exit(2);
}

await fetchArtifact(redshiftDriver, console.log).catch(exitWithReason);
await pythonEnvironment('dbt', console.log).catch(exitWithReason);

const [adsuiteServer, warehouseServer] = await Promise.all([startPostgres(), startPostgres()]).catch(exitWithReason);
try {
  const adsuite = await createAdsuite(adsuiteServer);
  await checkLocal(adsuite, warehouseServer, java);
  await checkRedshift(warehouseServer, java);
  console.log('\nAll checks of the changelog passed.');
} catch (error) {
  console.error(error instanceof LocalError ? error.message : error);
  process.exitCode = 1;
} finally {
  await Promise.all([adsuiteServer.stop(), warehouseServer.stop()]);
}
