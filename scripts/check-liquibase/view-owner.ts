import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withClient } from '../../local/postgres/server.ts';
import type { PostgresServer } from '../../local/postgres/temporary.ts';
import { type ChangelogRun, changelogFile, readChangelog } from '../liquibase/changelog.ts';
import type { Changeset } from '../liquibase/formatted-sql.ts';
import { runLiquibase } from '../liquibase/liquibase.ts';

const owner = 'attribution_airflow';

/** What the views need, in a database of its own. */
const setUp = `
  create role ${owner};
  create schema adsuite_prod;
  create table adsuite_prod.strategies (id bigint, name text, tune_offer_id bigint, created_at timestamptz);
  create table adsuite_prod.iterations (iteration_id bigint, strategy_id bigint, name text, created_at timestamptz);
  create schema adsuite_mirror;
  grant usage, create on schema adsuite_mirror to ${owner};
  grant usage on schema adsuite_prod to ${owner};
  grant select on all tables in schema adsuite_prod to ${owner};`;

/**
 * Runs Redshift's changesets of the mirror's views on a PostgreSQL, which differ there in the table attributes only, and
 * checks who owns the views, and a table that the next changeset creates.
 */
export async function checkViewOwner(server: PostgresServer, java: string, run: ChangelogRun): Promise<void> {
  const connection = await server.createDatabase('view_owner');
  const folder = mkdtempSync(join(tmpdir(), 'attribution-view-owner-'));
  try {
    const views = readChangelog().changesets.filter(({ id }) => /^redshift-mirror-(strategies|iterations)$/.test(id));
    const after = '--changeset attribution:after context:redshift\ncreate table public.after ();\n--rollback empty\n';
    writeFileSync(
      join(folder, 'views.sql'),
      ['--liquibase formatted sql', ...views.map(onPostgres), after].join('\n\n'),
    );
    writeFileSync(
      join(folder, changelogFile),
      'databaseChangeLog:\n  - include: { file: views.sql, relativeToChangelogFile: true }\n',
    );
    await withClient(connection, (client) => client.query(setUp));
    const url = `jdbc:postgresql://${connection.host}:${connection.port}/${connection.database}`;
    await runLiquibase(java, { ...run, connection }, ['update'], { url, folder });
    await withClient(connection, async (client) => {
      const { rows } = await client.query<{ name: string; owner: string }>(
        `select relname as name, pg_get_userbyid(relowner) as owner from pg_class
         where relname in ('strategies', 'iterations', 'after') and relnamespace <> 'adsuite_prod'::regnamespace
         order by 1`,
      );
      assert.deepEqual(rows, [
        { name: 'after', owner: connection.user },
        { name: 'iterations', owner },
        { name: 'strategies', owner },
      ]);
      await client.query(`drop owned by ${owner}; drop role ${owner}`);
    });
    console.log(`${owner} owns both views, and the next changeset runs as ${connection.user} again`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function onPostgres({ id, runInTransaction, sql }: Changeset): string {
  const query = sql.replace(/^diststyle all\nsortkey \([^)]+\)\nauto refresh no\n/m, '');
  assert.notEqual(query, sql, `${id} has none of the table attributes that PostgreSQL lacks`);
  return `--changeset attribution:${id} context:redshift runInTransaction:${runInTransaction}\n${query}\n--rollback empty`;
}
