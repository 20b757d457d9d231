import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { demoEnd } from '../../local/demo-end.ts';
import type { PostgresConnection } from '../../local/postgres/server.ts';
import type { PostgresServer } from '../../local/postgres/temporary.ts';
import { demoFile } from '../../src/embedded/demo/source.ts';
import { rawTables } from '../../src/embedded/raw-tables.ts';
import { openRawTables, runDbt } from '../dbt.ts';

/** Loads the demo data into a new database, as refreshed at the end of the demo, and builds the dbt models. */
export async function createDemoWarehouse(server: PostgresServer, scale: number): Promise<PostgresConnection> {
  const connection = await server.createDatabase('warehouse');
  const client = await openRawTables(connection);
  for (const table of rawTables) {
    const columns = table.columns.map(({ name }) => name).join(', ');
    const copy = `copy ${table.schema}.${table.name} (${columns}) from stdin (format csv, header)`;
    await pipeline(Readable.from(demoFile(table, { end: demoEnd, scale })), client.query(copyFrom(copy)));
  }
  const asOf = new Date(demoEnd).toISOString();
  await client.query(
    `insert into adsuite_mirror.refreshes (view_name, started_at, finished_at)
      values ('strategies', $1::timestamptz, $1::timestamptz), ('iterations', $1::timestamptz, $1::timestamptz)`,
    [asOf],
  );
  await client.query('analyze');
  await runDbt(client, { asOf, startedAt: asOf });
  await client.query('vacuum analyze');
  await client.end();
  return connection;
}
