import type pg from 'pg';
import { withClient } from '../../local/postgres/client.ts';
import {
  closeBookkeeping,
  isPending,
  keeperOf,
  lock,
  noteApplied,
  noteUndone,
  openBookkeeping,
  readApplied,
  refuseEdited,
} from './bookkeeping.ts';
import { type Changelog, changesetsOf } from './changelog.ts';
import type { Changeset } from './formatted-sql.ts';
import { blotter } from './parameters.ts';
import { ChangelogError, type ChangelogRun } from './types.ts';

/**
 * Applies what has not been applied yet, without Liquibase. Each change and the note that it was made are one
 * transaction. The parameters are complete.
 * @throws ChangelogError when an applied changeset was edited or a change fails; what went before it stays
 */
export async function applyPlain(changelog: Changelog, run: ChangelogRun): Promise<void> {
  const changesets = changesetsOf(changelog, 'local', run.parameters);
  await withDatabase(run, async (client) => {
    await openBookkeeping(client);
    const applied = new Map((await readApplied(client)).map(({ id, checksum }) => [id, checksum]));
    refuseEdited(changesets, applied);
    const pending = changesets.filter((changeset) => isPending(changeset, applied));
    for (const changeset of pending) {
      run.report(`Applying ${changeset.file} ${changeset.id}`);
      await change(client, run, changeset, changeset.sql, () => noteApplied(client, changeset));
    }
    run.report(`${pending.length} changesets applied, ${changesets.length - pending.length} were before`);
  });
}

/** Undoes everything that was applied, last application first, and forgets that it was there. */
export async function rollBackPlain(changelog: Changelog, run: ChangelogRun): Promise<void> {
  const changesets = new Map(changesetsOf(changelog, 'local', run.parameters).map((one) => [one.id, one]));
  await withDatabase(run, async (client) => {
    await openBookkeeping(client);
    const applied = await readApplied(client);
    const unknown = applied.filter(({ id }) => !changesets.has(id)).map(({ id }) => id);
    if (unknown.length > 0) throw new ChangelogError(`The changelog no longer has ${unknown.join(', ')}.`);
    for (const { id } of applied.reverse()) {
      const changeset = changesets.get(id) as Changeset;
      run.report(`Rolling back ${changeset.file} ${id}`);
      await change(client, run, changeset, changeset.rollback, () => noteUndone(client, id));
    }
    await closeBookkeeping(client);
    run.report(`${applied.length} changesets rolled back`);
  });
}

async function change(
  client: pg.Client,
  { parameters }: ChangelogRun,
  { file, id }: Changeset,
  sql: string,
  note: () => Promise<void>,
): Promise<void> {
  await client.query('begin');
  try {
    if (sql !== '') await client.query(sql);
    await note();
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    const message = error instanceof Error ? error.message : String(error);
    throw new ChangelogError(`${file} ${id} failed: ${blotter(parameters)(message)}`);
  }
}

function withDatabase(run: ChangelogRun, work: (client: pg.Client) => Promise<void>): Promise<void> {
  return withClient(run.connection, async (client) => {
    await lock(client);
    if ((await keeperOf(client)) === 'liquibase') {
      throw new ChangelogError(
        `Liquibase keeps the changelog of database ${run.connection.database}: it needs Java 11 or later.`,
      );
    }
    await work(client);
  });
}
