import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { type Changeset, parseFormattedSql } from './formatted-sql.ts';
import { ChangelogError, type Context } from './types.ts';

/** Where the changelog, its jars and its package.json lie. */
export const changelogFolder = fileURLToPath(new URL('../../warehouse/liquibase', import.meta.url));
export const changelogFile = 'changelog.yaml';

export interface Changelog {
  readonly changesets: readonly Changeset[];
  /** Default values of parameters; the others must be given. */
  readonly defaults: Readonly<Record<string, string>>;
}

const rootFile = z.object({
  databaseChangeLog: z.array(
    z.union([
      z.strictObject({ property: z.strictObject({ name: z.string(), value: z.string() }) }),
      z.strictObject({ include: z.strictObject({ file: z.string(), relativeToChangelogFile: z.literal(true) }) }),
    ]),
  ),
});

/**
 * Reads the root file and what it includes, in its order.
 * @throws ChangelogError for what the reader does not understand, and for an id that comes twice
 */
export function readChangelog(folder: string = changelogFolder): Changelog {
  const entries = rootFile.parse(parse(readFileSync(join(folder, changelogFile), 'utf8'))).databaseChangeLog;
  const changesets = entries.flatMap((entry) =>
    'include' in entry
      ? parseFormattedSql(entry.include.file, readFileSync(join(folder, entry.include.file), 'utf8'))
      : [],
  );
  const ids = changesets.map(({ id }) => id);
  const twice = ids.find((id, at) => ids.indexOf(id) !== at);
  if (twice) throw new ChangelogError(`two changesets have the id ${twice}`);
  const properties = entries.flatMap((entry) => ('property' in entry ? [entry.property] : []));
  return { changesets, defaults: Object.fromEntries(properties.map(({ name, value }) => [name, value])) };
}

/** The changesets of a context with the parameters filled in. */
export function changesetsOf(
  changelog: Changelog,
  context: Context,
  parameters: Readonly<Record<string, string>>,
): Changeset[] {
  const filled = (text: string) => text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => parameters[name] ?? '');
  return changelog.changesets
    .filter(({ contexts }) => contexts.includes(context))
    .map((changeset) => ({
      ...changeset,
      preconditions: changeset.preconditions.map(({ expected, query }) => ({
        expected: filled(expected),
        query: filled(query),
      })),
      sql: filled(changeset.sql),
      rollback: filled(changeset.rollback),
    }));
}
