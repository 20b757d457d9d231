/**
 * Applies and rolls back the changelog's local context without Liquibase, so that the stack needs no Java. Applied
 * changesets are recorded in a table, as Liquibase does in DATABASECHANGELOG.
 */
import { createHash } from 'node:crypto';
import type pg from 'pg';
import { LocalError, reasonOf } from '../../local/errors.ts';
import { withClient } from '../../local/postgres/server.ts';
import { type Changelog, type ChangelogRun, changesetsOf, redactor } from './changelog.ts';
import type { Changeset } from './formatted-sql.ts';

const table = 'public.plain_changelog';

/** The tool that applied the changelog to this database, or null. */
export async function toolOf(client: pg.Client): Promise<'liquibase' | 'built-in' | null> {
  const { rows } = await client.query<{ liquibase: boolean; built_in: boolean }>(
    `select to_regclass('public.databasechangelog') is not null as liquibase, to_regclass('${table}') is not null as built_in`,
  );
  if (rows[0]?.liquibase) return 'liquibase';
  return rows[0]?.built_in ? 'built-in' : null;
}

/** Excludes other runs on this database until the connection ends. */
export async function lockChangelog(client: pg.Client): Promise<void> {
  await client.query(`select pg_advisory_lock(hashtext('${table}'))`);
}

/**
 * Applies pending changesets. Each changeset and its record are one transaction.
 *
 * @param run with complete parameters
 * @throws {LocalError} if an applied changeset was edited or a changeset fails; the changesets before it stay applied
 */
export async function applyBuiltIn(changelog: Changelog, run: ChangelogRun): Promise<void> {
  const changesets = changesetsOf(changelog, 'local', run.parameters);
  await withRecord(run, async (client) => {
    const applied = new Map((await readApplied(client)).map(({ id, checksum }) => [id, checksum]));
    refuseEdited(changesets, applied);
    const pending = changesets.filter((changeset) => isPending(changeset, applied));
    for (const changeset of pending) {
      run.report(`Applying ${changeset.file} ${changeset.id}`);
      await execute(client, run, changeset, changeset.sql, async () => {
        await deleteApplied(client, changeset.id);
        await client.query(`insert into ${table} (id, checksum) values ($1, $2)`, [
          changeset.id,
          checksumOf(changeset),
        ]);
      });
    }
    run.report(`${pending.length} changesets applied, ${changesets.length - pending.length} already applied`);
  });
}

/** Rolls back everything, in reverse order, and drops the record. */
export async function rollBackBuiltIn(changelog: Changelog, run: ChangelogRun): Promise<void> {
  const changesets = new Map(changesetsOf(changelog, 'local', run.parameters).map((each) => [each.id, each]));
  await withRecord(run, async (client) => {
    const applied = await readApplied(client);
    const unknown = applied.filter(({ id }) => !changesets.has(id)).map(({ id }) => id);
    if (unknown.length > 0) throw new LocalError(`Applied, but no longer in the changelog: ${unknown.join(', ')}.`);
    for (const { id } of applied.reverse()) {
      const changeset = changesets.get(id) as Changeset;
      run.report(`Rolling back ${changeset.file} ${id}`);
      await execute(client, run, changeset, changeset.rollback, () => deleteApplied(client, id));
    }
    await client.query(`drop table ${table}`);
    run.report(`${applied.length} changesets rolled back`);
  });
}

/** Locks the changelog and creates the record if it does not exist. */
function withRecord(run: ChangelogRun, work: (client: pg.Client) => Promise<void>): Promise<void> {
  return withClient(run.connection, async (client) => {
    await lockChangelog(client);
    if ((await toolOf(client)) === 'liquibase') throw needsLiquibase(run);
    await client.query(
      `create table if not exists ${table} (
         id varchar primary key,
         checksum varchar not null,
         applied_number bigint generated always as identity,
         applied_at timestamptz not null default now())`,
    );
    await work(client);
  });
}

/** The error if a database was set up by Liquibase and there is no Java. */
export function needsLiquibase({ connection }: ChangelogRun): LocalError {
  return new LocalError(
    `Liquibase manages the changelog of database ${connection.database}, which needs Java 11 or later. Install it, or set JAVA_HOME.`,
  );
}

async function execute(
  client: pg.Client,
  { parameters }: ChangelogRun,
  { file, id }: Changeset,
  sql: string,
  record: () => Promise<void>,
): Promise<void> {
  await client.query('begin');
  try {
    if (sql !== '') await client.query(sql);
    await record();
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw new LocalError(`${file} ${id} failed: ${redactor(parameters)(reasonOf(error))}`);
  }
}

/** In the order of their last application. */
async function readApplied(client: pg.Client): Promise<{ readonly id: string; readonly checksum: string }[]> {
  return (await client.query(`select id, checksum from ${table} order by applied_number`)).rows;
}

async function deleteApplied(client: pg.Client, id: string): Promise<void> {
  await client.query(`delete from ${table} where id = $1`, [id]);
}

/** Like Liquibase's, it covers the parameters' values, but not comments and white space. */
function checksumOf({ sql }: Changeset): string {
  return createHash('sha256').update(sql.replaceAll(/\s+/g, ' ')).digest('hex');
}

function refuseEdited(changesets: readonly Changeset[], applied: ReadonlyMap<string, string>): void {
  const edited = changesets.filter((changeset) => {
    const checksum = applied.get(changeset.id);
    const isRepeatable = changeset.runOnChange || changeset.runAlways;
    return checksum !== undefined && !isRepeatable && checksum !== checksumOf(changeset);
  });
  if (edited.length === 0) return;
  throw new LocalError(
    `Changesets (or their parameters) were edited after they were applied: ${edited.map(({ id }) => id).join(', ')}. Revert the edit and add a new changeset.`,
  );
}

function isPending(changeset: Changeset, applied: ReadonlyMap<string, string>): boolean {
  const checksum = applied.get(changeset.id);
  if (checksum === undefined || changeset.runAlways) return true;
  return changeset.runOnChange && checksum !== checksumOf(changeset);
}
