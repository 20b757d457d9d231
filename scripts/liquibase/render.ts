import { type Changelog, changesetsOf } from './changelog.ts';
import type { Changeset } from './formatted-sql.ts';
import type { Context } from './types.ts';

/** The SQL of an update from nothing, in the form of Liquibase's update-sql. */
export function renderUpdate(
  changelog: Changelog,
  context: Context,
  parameters: Readonly<Record<string, string>>,
): string {
  return changesetsOf(changelog, context, parameters)
    .map((changeset) => `${title(changeset)}${changeset.sql}\n`)
    .join('\n');
}

/** The SQL of a whole rollback; what has nothing to undo is left out. */
export function renderRollback(
  changelog: Changelog,
  context: Context,
  parameters: Readonly<Record<string, string>>,
): string {
  return changesetsOf(changelog, context, parameters)
    .reverse()
    .filter(({ rollback }) => rollback !== '')
    .map((changeset) => `${title(changeset)}${changeset.rollback}\n`)
    .join('\n');
}

/** The queries that Liquibase asks before a change, with the answers that let it go on. */
export function renderPreconditions(
  changelog: Changelog,
  context: Context,
  parameters: Readonly<Record<string, string>>,
): string {
  return changesetsOf(changelog, context, parameters)
    .flatMap((changeset) =>
      changeset.preconditions.map(({ expected, query }) => `${title(changeset)}-- Expected: ${expected}\n${query};\n`),
    )
    .join('\n');
}

const title = ({ file, id, author }: Changeset) => `-- Changeset ${file}::${id}::${author}\n`;
