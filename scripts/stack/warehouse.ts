import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg, { type Client } from 'pg';
import type { PostgresConnection } from '../../local/postgres/server.ts';
import { changelogFolder } from '../liquibase/changelog.ts';
import { applyChangelog } from '../liquibase/index.ts';
import { ensureDatabase } from './adsuite.ts';
import { type Logins, withClient } from './logins.ts';
import { ensureState, readDone, writeDone } from './state.ts';

/**
 * Creates the warehouse's database if it is missing, and applies the changelog's local context, which production gets
 * from Liquibase. Skips the changelog if neither it nor its parameters changed. AdSuite's database must be running.
 */
export async function prepareWarehouse(logins: Logins, report: (line: string) => void): Promise<void> {
  const superuser = logins.to('warehouse', 'postgres');
  await withClient({ ...superuser, database: 'postgres' }, async (client) => {
    if (await isIncomplete(client, superuser)) await dropWarehouse(client);
    await ensureDatabase(client, 'warehouse');
  });
  const parameters = {
    adsuiteHost: '127.0.0.1',
    adsuitePort: String(logins.ports.adsuite),
    adsuitePassword: logins.to('adsuite', 'attribution_federation').password,
    servicePassword: logins.to('warehouse', 'attribution_service').password,
    dbtPassword: logins.to('warehouse', 'attribution_dbt').password,
    airflowPassword: logins.to('warehouse', 'attribution_airflow').password,
  };
  const version = changelogDigest(parameters);
  await withClient(superuser, async (client) => {
    await ensureState(client);
    if ((await readDone(client, 'changelog')) === version) return;
    const started = performance.now();
    report("Creating the warehouse's schemas, users and rights");
    const tool = await applyChangelog({
      connection: superuser,
      context: 'local',
      parameters,
      report: (line) => {
        // Leaves out the lines for each changeset.
        if (/^(Installing|npm could not|Liquibase could not|There is no Java|This database)/.test(line)) {
          report(`  ${line}`);
        }
      },
    });
    await writeDone(client, 'changelog', version);
    const how = tool === 'liquibase' ? 'by Liquibase' : 'without Liquibase';
    report(`Created ${how} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  });
}

/** Whether the first run of the changelog was killed, so that the state of the database is unknown. */
async function isIncomplete(server: Client, superuser: PostgresConnection): Promise<boolean> {
  const { rowCount } = await server.query(`select 1 from pg_database where datname = 'warehouse'`);
  if (rowCount === 0) return false;
  return withClient(superuser, async (client) => {
    await ensureState(client);
    return (await readDone(client, 'changelog')) === null;
  });
}

/** Drops the database, and the changelog's roles, which belong to the server. */
async function dropWarehouse(server: Client): Promise<void> {
  await server.query('drop database warehouse with (force)');
  const { rows } = await server.query<{ rolname: string }>(
    `select rolname from pg_roles where rolname like 'attribution\\_%'`,
  );
  for (const { rolname } of rows) await server.query(`drop role ${pg.escapeIdentifier(rolname)}`);
}

/** A hash of the changelog and its parameters, which contain passwords. */
function changelogDigest(parameters: object): string {
  const hash = createHash('sha256').update(JSON.stringify(parameters));
  const entries = readdirSync(changelogFolder, { recursive: true, encoding: 'utf8' });
  for (const entry of entries
    .filter((entry) => /\.(sql|ya?ml)$/.test(entry) && !entry.includes('node_modules'))
    .sort()) {
    hash.update(`\n${entry}\n`).update(readFileSync(join(changelogFolder, entry)));
  }
  return hash.digest('hex');
}
