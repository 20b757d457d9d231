import type pg from 'pg';
import { withClient } from '../../local/postgres/client.ts';
import { freeStaleLock, lock } from './bookkeeping.ts';
import { type Changelog, readChangelog } from './changelog.ts';
import { chooseTool } from './choose.ts';
import { runLiquibase } from './command.ts';
import { completeParameters } from './parameters.ts';
import { applyPlain, rollBackPlain } from './plain.ts';
import type { ChangelogRun, Tool } from './types.ts';

export { ChangelogError, type ChangelogRun, type Tool } from './types.ts';

/**
 * Brings a warehouse to the state that the changelog describes: applies what has not been applied yet. Uses Liquibase
 * where there is a Java for it, else a small reader of the same files, which knows the local context only. A database
 * stays with the tool that it began with.
 * @returns which of the two it was
 * @throws ChangelogError when parameters are missing, a change fails, an applied changeset was edited, or the database
 *   belongs to Liquibase and there is no Java
 */
export function applyChangelog(run: ChangelogRun): Promise<Tool> {
  return runWith(run, applyPlain, () => ['update']);
}

/**
 * Undoes the changelog, all of it, last change first; what the raw tables hold is lost.
 * @returns which of the two tools did it
 * @throws ChangelogError as above, and while dbt's models stand in schema attribution: then nothing is undone
 */
export function rollBackChangelog(run: ChangelogRun): Promise<Tool> {
  return runWith(run, rollBackPlain, ({ changesets }) => ['rollback-count', `--count=${changesets.length}`]);
}

async function runWith(
  run: ChangelogRun,
  plain: (changelog: Changelog, run: ChangelogRun) => Promise<void>,
  command: (changelog: Changelog) => string[],
): Promise<Tool> {
  const changelog = readChangelog();
  const complete = { ...run, parameters: completeParameters(changelog, run.context, run.parameters) };
  const tool = await chooseTool(complete);
  if (tool === 'plain') {
    await plain(changelog, complete);
    return 'plain';
  }
  const liquibase = () => runLiquibase(tool.java, complete, command(changelog));
  await (run.context === 'local' ? withClient(run.connection, (client) => alone(client, liquibase)) : liquibase());
  return 'liquibase';
}

/** On one machine a run is often interrupted, and whoever starts the next one should not have to free a lock. */
async function alone(client: pg.Client, work: () => Promise<unknown>): Promise<void> {
  await lock(client);
  await freeStaleLock(client);
  await work();
}
