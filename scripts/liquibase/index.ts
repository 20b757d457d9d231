import { LocalError } from '../../local/errors.ts';
import { withClient } from '../../local/postgres/server.ts';
import { applyBuiltIn, lockChangelog, needsLiquibase, rollBackBuiltIn, toolOf } from './built-in.ts';
import { type Changelog, type ChangelogRun, completeParameters, readChangelog } from './changelog.ts';
import { findJava, installLiquibase, runLiquibase } from './liquibase.ts';

/** Liquibase, or the runner in built-in.ts. */
export type Tool = 'liquibase' | 'built-in';

/**
 * Updates a warehouse to the current changelog. Uses Liquibase if there is a Java, else the built-in runner, which
 * supports only the local context. Later runs on the same database use the same tool.
 *
 * @throws {LocalError} if parameters are invalid, a changeset fails, an applied changeset was edited, or Liquibase is
 *   required and there is no Java
 */
export function applyChangelog(run: ChangelogRun): Promise<Tool> {
  return runWith(run, applyBuiltIn, () => ['update']);
}

/**
 * Rolls back the whole changelog. The rows of the raw tables are lost.
 *
 * @throws {LocalError} as applyChangelog does; also if the schema attribution contains dbt's models: nothing is rolled
 *   back then
 */
export function rollBackChangelog(run: ChangelogRun): Promise<Tool> {
  return runWith(run, rollBackBuiltIn, ({ changesets }) => ['rollback-count', `--count=${changesets.length}`]);
}

async function runWith(
  run: ChangelogRun,
  builtIn: (changelog: Changelog, run: ChangelogRun) => Promise<void>,
  command: (changelog: Changelog) => string[],
): Promise<Tool> {
  const changelog = readChangelog();
  const complete = { ...run, parameters: completeParameters(changelog, run.context, run.parameters) };
  const java = await chooseTool(complete);
  if (java === null) {
    await builtIn(changelog, complete);
    return 'built-in';
  }
  const liquibase = () => runLiquibase(java, complete, command(changelog));
  await (run.context === 'local' ? withFreeLock(complete, liquibase) : liquibase());
  return 'liquibase';
}

/** Returns the Java command to run Liquibase with, or null for the built-in runner. */
async function chooseTool(run: ChangelogRun): Promise<string | null> {
  const { connection, context, report } = run;
  const java = await findJava();
  if (context === 'redshift') {
    if (java === null) throw new LocalError('On Redshift the changelog needs Liquibase, which needs Java 11 or later.');
    return java;
  }
  switch (await withClient(connection, toolOf)) {
    case 'built-in':
      report('This database was set up without Liquibase, so it is updated without Liquibase.');
      return null;
    case 'liquibase':
      if (java === null) throw needsLiquibase(run);
      return java;
    default: {
      if (java !== null && (await canInstall(report))) return java;
      const why = java === null ? 'There is no Java 11 or later' : 'Liquibase could not be installed';
      report(`${why}, so the changelog is applied without Liquibase.`);
      return null;
    }
  }
}

/** False if the registry does not answer: a new database does not have to use Liquibase. */
async function canInstall(report: ChangelogRun['report']): Promise<boolean> {
  try {
    await installLiquibase(report);
    return true;
  } catch (error) {
    if (!(error instanceof LocalError)) throw error;
    report(error.message);
    return false;
  }
}

/** Liquibase's lock is a row, which stays if the process is killed. Frees it, while an advisory lock excludes other runs. */
async function withFreeLock({ connection }: ChangelogRun, work: () => Promise<unknown>): Promise<void> {
  await withClient(connection, async (client) => {
    await lockChangelog(client);
    const { rows } = await client.query(`select to_regclass('public.databasechangeloglock') is not null as exists`);
    if (rows[0]?.exists) {
      await client.query('update public.databasechangeloglock set locked = false, lockgranted = null, lockedby = null');
    }
    await work();
  });
}
