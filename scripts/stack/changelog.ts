import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg, { type Client } from 'pg';
import { changelogFolder } from '../liquibase/changelog.ts';
import { applyChangelog } from '../liquibase/index.ts';
import { ensureDatabase } from './adsuite.ts';
import { type Login, type Logins, withClient } from './logins.ts';
import { ensureState, noteDone, readDone } from './state.ts';

/**
 * Makes the warehouse's database and brings it to the state of the changelog's local context: what production has by
 * Liquibase. AdSuite's database must answer. With nothing new since the last time, it is not run at all.
 */
export async function prepareWarehouse(logins: Logins, report: (line: string) => void): Promise<void> {
  const superuser = logins.to('warehouse', 'postgres');
  await withClient({ ...superuser, database: 'postgres' }, async (client) => {
    if (await isHalfMade(client, superuser)) await forget(client);
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
  const version = digest(parameters);
  await withClient(superuser, async (client) => {
    await ensureState(client);
    if ((await readDone(client, 'changelog')) === version) return;
    const started = performance.now();
    report("Making the warehouse's schemas, users and rights");
    const tool = await applyChangelog({ connection: superuser, context: 'local', parameters, report: quiet(report) });
    await noteDone(client, 'changelog', version);
    const by = tool === 'liquibase' ? 'by Liquibase' : "by the changelog's SQL";
    report(`Made ${by} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  });
}

/** Liquibase tells of every changeset; what it installs, and that it is not there, is worth a line. */
function quiet(report: (line: string) => void): (line: string) => void {
  return (line) => {
    if (/^(Installing|npm could not|It could not|There is no Java|This database)/.test(line)) report(`  ${line}`);
  };
}

/** Whether the first run of the changelog was killed: what it had made can't be told for certain. */
async function isHalfMade(server: Client, superuser: Login): Promise<boolean> {
  const { rowCount } = await server.query(`select 1 from pg_database where datname = 'warehouse'`);
  if (rowCount === 0) return false;
  return withClient(superuser, async (client) => {
    await ensureState(client);
    return (await readDone(client, 'changelog')) === null;
  });
}

/** Takes the database away, and the roles that the changelog made, which belong to the server. */
async function forget(server: Client): Promise<void> {
  await server.query('drop database warehouse with (force)');
  const { rows } = await server.query<{ rolname: string }>(
    `select rolname from pg_roles where rolname like 'attribution\\_%'`,
  );
  for (const { rolname } of rows) await server.query(`drop role ${pg.escapeIdentifier(rolname)}`);
}

/** Tells the changelog with these parameters from any other, and keeps no password. */
function digest(parameters: object): string {
  const hash = createHash('sha256').update(JSON.stringify(parameters));
  const entries = readdirSync(changelogFolder, { recursive: true, encoding: 'utf8' });
  for (const entry of entries
    .filter((entry) => /\.(sql|ya?ml)$/.test(entry) && !entry.includes('node_modules'))
    .sort()) {
    hash.update(`\n${entry}\n`).update(readFileSync(join(changelogFolder, entry)));
  }
  return hash.digest('hex');
}
