import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withClient } from '../../../local/postgres/client.ts';
import type { PostgresServer } from '../../../local/postgres/temporary.ts';
import { redshiftParameters } from '../../../test/support/redshift-changelog.ts';
import { readChangelog } from '../changelog.ts';
import { runLiquibase } from '../command.ts';
import type { ChangelogRun } from '../index.ts';
import { completeParameters } from '../parameters.ts';
import { renderPreconditions, renderRollback, renderUpdate } from '../render.ts';
import { parseAsRedshift } from './sqlfluff.ts';
import { refusal, step } from './steps.ts';

/** What can be known of Redshift's part without a Redshift. */
export async function checkRedshift(server: PostgresServer, java: string): Promise<void> {
  const changelog = readChangelog();
  const parameters = completeParameters(changelog, 'redshift', redshiftParameters);
  const nowhere = { host: '', port: 0, user: '', password: '', database: '' };
  const run: ChangelogRun = { connection: nowhere, context: 'redshift', parameters, report: () => {} };
  const update = renderUpdate(changelog, 'redshift', parameters);

  await step('Liquibase renders the SQL for Redshift as the plain reader does', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'attribution-offline-'));
    try {
      const url = `offline:postgresql?changeLogFile=${join(folder, 'applied.csv')}&outputLiquibaseSql=none`;
      const lines = await runLiquibase(java, run, ['update-sql'], url);
      const from = lines.findIndex((line) => line.startsWith('-- Changeset'));
      const until = lines.findIndex((line) => line.startsWith('Liquibase command'));
      assert.deepEqual(
        lines.slice(from, until),
        update.split('\n').filter((line) => line.trim() !== ''),
      );
      console.log(`${until - from} lines are the same`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
  await step('sqlfluff parses it as SQL of Redshift', async () => {
    parseAsRedshift({
      update,
      rollback: renderRollback(changelog, 'redshift', parameters),
      preconditions: renderPreconditions(changelog, 'redshift', parameters),
    });
  });
  await step('a user that is missing on Redshift is told by name', async () => {
    // Before any SQL that is Redshift's alone, so a PostgreSQL will do.
    const connection = await server.createDatabase('no_users');
    const url = `jdbc:postgresql://${connection.host}:${connection.port}/${connection.database}`;
    const there = { ...run, connection };
    const missing = /user attribution_service is missing, create it first/;
    await refusal(() => runLiquibase(java, there, ['update'], url), missing);
    await runLiquibase(java, there, ['rollback-count', '--count=3'], url);
    const { rows } = await withClient(connection, (client) =>
      client.query(`select rolname from pg_roles where rolname like 'attribution%'`),
    );
    assert.deepEqual(rows, []);
    console.log('told, and the roles made before it are rolled back');
  });
}
