import { withClient } from '../../local/postgres/client.ts';
import { keeperOf } from './bookkeeping.ts';
import { installLiquibase } from './install.ts';
import { findJava } from './java.ts';
import { ChangelogError, type ChangelogRun } from './types.ts';

/**
 * Which tool runs the changelog on this database: the one that it began with; Liquibase, if it is new and there is a
 * Java. Only Liquibase knows Redshift.
 * @throws ChangelogError when it must be Liquibase and there is no Java
 */
export async function chooseTool({ connection, context, report }: ChangelogRun): Promise<{ java: string } | 'plain'> {
  const java = await findJava();
  const keeper = context === 'redshift' ? 'liquibase' : await withClient(connection, keeperOf);
  if (keeper === 'plain') {
    report('This database was begun without Liquibase and goes on so.');
    return 'plain';
  }
  if (java !== null && (keeper === 'liquibase' || (await canInstall(report)))) return { java };
  if (keeper === null) {
    const why = java === null ? 'There is no Java 11 or later' : 'It could not be installed';
    report(`${why}, so the changelog is applied without Liquibase.`);
    return 'plain';
  }
  throw new ChangelogError(
    context === 'redshift'
      ? 'On Redshift the changelog needs Liquibase, and that a Java 11 or later.'
      : `Liquibase keeps the changelog of database ${connection.database}: it needs Java 11 or later.`,
  );
}

/** A database that nobody has begun need not wait for a registry that does not answer. */
async function canInstall(report: ChangelogRun['report']): Promise<boolean> {
  try {
    await installLiquibase(report);
    return true;
  } catch (error) {
    if (!(error instanceof ChangelogError)) throw error;
    report(error.message);
    return false;
  }
}
