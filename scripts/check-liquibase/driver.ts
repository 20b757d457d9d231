import { freePort } from '../../local/ports.ts';
import type { PostgresServer } from '../../local/postgres/temporary.ts';
import type { ChangelogRun } from '../liquibase/changelog.ts';
import { runLiquibase } from '../liquibase/liquibase.ts';
import { fetchArtifact, redshiftDriver } from '../liquibase/maven.ts';
import { expectFailure } from './steps.ts';

const withDriver = ['status', '--driver=com.amazon.redshift.jdbc42.Driver'];

/**
 * Runs Amazon's driver in Liquibase as far as it goes without a Redshift. The address is this machine's, so no login of
 * the run is sent anywhere.
 */
export async function checkRedshiftDriver(server: PostgresServer, java: string, run: ChangelogRun): Promise<void> {
  const at = (port: number): ChangelogRun => ({ ...run, connection: { ...server.connection, port } });
  await fetchArtifact(redshiftDriver, console.log);
  const port = await freePort();
  await expectFailure(() => runLiquibase(java, at(port), ['status']), /Driver class was not specified/);
  console.log(
    "Without the extension for Redshift, Liquibase stops before it connects: nothing else names the driver's class",
  );
  await expectFailure(
    () => runLiquibase(java, at(port), withDriver),
    new RegExp(`Connection to 127.0.0.1:${port} refused`),
  );
  console.log('The driver loads and tries the address of the run');
  const withoutTls = server.connection.port;
  await expectFailure(() => runLiquibase(java, at(withoutTls), withDriver), /The server does not support SSL/);
  console.log('The driver refuses a server without TLS, though no parameter asks for it');
}
