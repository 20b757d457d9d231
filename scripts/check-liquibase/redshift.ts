import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { redshiftParameters } from '../../local/adsuite.ts';
import { withClient } from '../../local/postgres/server.ts';
import type { PostgresServer } from '../../local/postgres/temporary.ts';
import { type ChangelogRun, completeParameters, readChangelog, renderChangelog } from '../liquibase/changelog.ts';
import { runLiquibase } from '../liquibase/liquibase.ts';
import { checkRedshiftDriver } from './driver.ts';
import { parseAsRedshift } from './parse.ts';
import { expectFailure, step } from './steps.ts';
import { checkViewOwner } from './view-owner.ts';

const isHeading = (line: string) => line.startsWith('-- ');
const isOutcome = (line: string) => line.startsWith('Liquibase command');

/** Checks Redshift's part of the changelog as far as possible without a Redshift. */
export async function checkRedshift(server: PostgresServer, java: string): Promise<void> {
  const changelog = readChangelog();
  const parameters = completeParameters(changelog, 'redshift', redshiftParameters);
  const nowhere = { host: '', port: 0, user: '', password: '', database: '' };
  const run: ChangelogRun = { connection: nowhere, context: 'redshift', parameters, report: () => {} };
  const rendered = renderChangelog(changelog, 'redshift', parameters);

  await step('Liquibase renders the same SQL for Redshift', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'attribution-offline-'));
    // Offline, Liquibase records applied changesets in a file, so each command gets its own.
    const render = (command: string) =>
      runLiquibase(java, run, [command], {
        url: `offline:postgresql?changeLogFile=${join(folder, command)}&outputLiquibaseSql=none`,
      });
    const lines = (text: string) => text.split('\n').filter((line) => line.trim() !== '');
    try {
      const update = await render('update-sql');
      const first = update.findIndex((line) => line.startsWith('-- Changeset'));
      assert.deepEqual(update.slice(first, update.findLastIndex(isOutcome)), lines(rendered.update));
      // Headings of a rollback differ.
      const rollback = await render('future-rollback-sql');
      const statements = rollback.slice(rollback.findIndex((line) => line.startsWith('-- Rolling')));
      assert.deepEqual(
        statements.filter((line) => !isHeading(line) && !isOutcome(line)),
        lines(rendered.rollback).filter((line) => !isHeading(line)),
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
  await step('it is Redshift SQL', () => parseAsRedshift(rendered));
  await step("Amazon's driver", () => checkRedshiftDriver(server, java, run));
  await step('the views are made by their owner without a transaction', () => checkViewOwner(server, java, run));
  await step('the error names a user that is missing on Redshift', async () => {
    // A PostgreSQL is enough: the check runs before any SQL that only Redshift has.
    const connection = await server.createDatabase('no_users');
    const url = `jdbc:postgresql://${connection.host}:${connection.port}/${connection.database}`;
    const onPostgres = { ...run, connection };
    const missing = /user attribution_service is missing, create it first/;
    await expectFailure(() => runLiquibase(java, onPostgres, ['update'], { url }), missing);
    await runLiquibase(java, onPostgres, ['rollback-count', '--count=3'], { url });
    const { rows } = await withClient(connection, (client) =>
      client.query(`select rolname from pg_roles where rolname like 'attribution%'`),
    );
    assert.deepEqual(rows, []);
    console.log('The roles that were created before it are rolled back');
  });
}
