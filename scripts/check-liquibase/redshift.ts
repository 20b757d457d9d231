import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { redshiftParameters } from '../../local/adsuite.ts';
import { withClient } from '../../local/postgres/server.ts';
import type { PostgresServer } from '../../local/postgres/temporary.ts';
import { type ChangelogRun, completeParameters, readChangelog, renderChangelog } from '../liquibase/changelog.ts';
import { runLiquibase } from '../liquibase/liquibase.ts';
import { expectFailure, step } from './steps.ts';

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
      runLiquibase(
        java,
        run,
        [command],
        `offline:postgresql?changeLogFile=${join(folder, command)}&outputLiquibaseSql=none`,
      );
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
  await step('sqlfluff parses it as Redshift SQL', async () => parseAsRedshift(rendered));
  await step('the error names a user that is missing on Redshift', async () => {
    // A PostgreSQL is enough: the check runs before any SQL that only Redshift has.
    const connection = await server.createDatabase('no_users');
    const url = `jdbc:postgresql://${connection.host}:${connection.port}/${connection.database}`;
    const onPostgres = { ...run, connection };
    const missing = /user attribution_service is missing, create it first/;
    await expectFailure(() => runLiquibase(java, onPostgres, ['update'], url), missing);
    await runLiquibase(java, onPostgres, ['rollback-count', '--count=3'], url);
    const { rows } = await withClient(connection, (client) =>
      client.query(`select rolname from pg_roles where rolname like 'attribution%'`),
    );
    assert.deepEqual(rows, []);
    console.log('The roles that were created before it are rolled back');
  });
}

/**
 * Syntax that Redshift documents and Debian's sqlfluff (1.4) does not know, with the closest syntax that it knows: table
 * attributes of a materialized view, SET SESSION AUTHORIZATION, default privileges of a role.
 */
const replacements: readonly (readonly [RegExp, string])[] = [
  [/create materialized view (\S+)\n(diststyle all\nsortkey \([^)]+\)\n)auto refresh no\nas/g, 'create table $1\n$2as'],
  [/set local session authorization ('[^']+'|default);/g, `set search_path to $1;`],
  [/(alter default privileges .* (?:to|from)) role /g, '$1 group '],
];

/**
 * Parses SQL as Redshift SQL with sqlfluff.
 *
 * @param sources SQL by name
 * @throws {Error} if sqlfluff can't parse one of them, or if a replacement above is no longer needed
 */
function parseAsRedshift(sources: Readonly<Record<string, string>>): void {
  const all = Object.values(sources).join('\n');
  const unused = replacements.filter(([pattern]) => all.search(pattern) < 0);
  if (unused.length > 0) throw new Error(`Remove replacements that match nothing: ${unused.map(String).join(', ')}.`);
  const folder = mkdtempSync(join(tmpdir(), 'attribution-sqlfluff-'));
  try {
    for (const [name, sql] of Object.entries(sources)) {
      const known = replacements.reduce((text, [pattern, near]) => text.replaceAll(pattern, near), sql);
      const file = join(folder, `${name}.sql`);
      writeFileSync(file, known);
      const { stdout, stderr, status, error } = spawnSync('sqlfluff', ['parse', '--dialect', 'redshift', file], {
        encoding: 'utf8',
        maxBuffer: 64 * 1024 * 1024,
      });
      const statements = stdout?.match(/^\[.*\] +\| {4}statement:/gm)?.length ?? 0;
      if (error || status !== 0 || statements === 0 || /unparsable:/.test(stdout)) {
        throw new Error(`sqlfluff can't parse the ${name}: ${error?.message ?? stderr}\n${stdout?.slice(-2000)}`);
      }
      console.log(`${name}: ${statements} statements`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
