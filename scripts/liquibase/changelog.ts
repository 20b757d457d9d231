import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { LocalError } from '../../local/errors.ts';
import type { PostgresConnection } from '../../local/postgres/server.ts';
import { type Changeset, parseFormattedSql } from './formatted-sql.ts';

/** The folder of the changelog, and of the package.json that names the version of Liquibase. */
export const changelogFolder = fileURLToPath(new URL('../../warehouse/liquibase', import.meta.url));
export const changelogFile = 'changelog.yaml';

/** The production warehouse, or a PostgreSQL in its place. */
export type Context = 'redshift' | 'local';

/** Values by parameter name. docs/liquibase.md lists the parameters. */
export type Parameters = Readonly<Record<string, string>>;

/** One run of the changelog. */
export interface ChangelogRun {
  /** The warehouse, as its superuser. */
  readonly connection: PostgresConnection;
  readonly context: Context;
  /** Parameters without a default are required, the others optional. */
  readonly parameters: Parameters;
  /** Called with each line of progress. Passwords are redacted. */
  readonly report: (line: string) => void;
}

export interface Changelog {
  readonly changesets: readonly Changeset[];
  /** Parameters without a default are required. */
  readonly defaults: Parameters;
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
 * Reads the root file and the files that it includes, in order.
 *
 * @throws {LocalError} for syntax that parseFormattedSql does not accept, and for a duplicate id
 */
export function readChangelog(folder: string = changelogFolder): Changelog {
  const entries = rootFile.parse(parse(readFileSync(join(folder, changelogFile), 'utf8'))).databaseChangeLog;
  const changesets = entries.flatMap((entry) =>
    'include' in entry
      ? parseFormattedSql(entry.include.file, readFileSync(join(folder, entry.include.file), 'utf8'))
      : [],
  );
  const ids = changesets.map(({ id }) => id);
  const duplicate = ids.find((id, index) => ids.indexOf(id) !== index);
  if (duplicate) throw new LocalError(`Two changesets have the id ${duplicate}.`);
  const properties = entries.flatMap((entry) => ('property' in entry ? [entry.property] : []));
  return { changesets, defaults: Object.fromEntries(properties.map(({ name, value }) => [name, value])) };
}

/** The changesets of a context, with parameters filled in. */
export function changesetsOf(changelog: Changelog, context: Context, parameters: Parameters): Changeset[] {
  const fill = (text: string) => text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => parameters[name] ?? '');
  return changelog.changesets
    .filter(({ contexts }) => contexts.includes(context))
    .map((changeset) => ({
      ...changeset,
      preconditions: changeset.preconditions.map(({ expected, query }) => ({
        expected: fill(expected),
        query: fill(query),
      })),
      sql: fill(changeset.sql),
      rollback: fill(changeset.rollback),
    }));
}

/**
 * Renders a context's SQL in the format of Liquibase's `update-sql`.
 *
 * @returns `update`: an update of an empty database; `rollback`: a complete rollback; `preconditions`: the queries that
 *   Liquibase runs before changesets, with their expected results
 */
export function renderChangelog(
  changelog: Changelog,
  context: Context,
  parameters: Parameters,
): Readonly<Record<'update' | 'rollback' | 'preconditions', string>> {
  const changesets = changesetsOf(changelog, context, parameters);
  const render = ({ file, id, author }: Changeset, sql: string) => `-- Changeset ${file}::${id}::${author}\n${sql}\n`;
  return {
    update: changesets.map((changeset) => render(changeset, changeset.sql)).join('\n'),
    rollback: changesets
      .toReversed()
      .filter(({ rollback }) => rollback !== '')
      .map((changeset) => render(changeset, changeset.rollback))
      .join('\n'),
    preconditions: changesets
      .flatMap((changeset) =>
        changeset.preconditions.map(({ expected, query }) => render(changeset, `-- Expected: ${expected}\n${query};`)),
      )
      .join('\n'),
  };
}

/**
 * Merges the given values with the changelog's defaults. Both Liquibase and the built-in runner insert values into SQL
 * unescaped, inside quotes or not, so characters that could end a string or a statement are refused.
 *
 * @throws {LocalError} with every parameter that is missing, unknown or contains a refused character; never its value
 */
export function completeParameters(changelog: Changelog, context: Context, given: Parameters): Record<string, string> {
  const values = { ...changelog.defaults, ...given };
  const used = parametersOf(changelog, context);
  const known = new Set([...parametersOf(changelog, 'local'), ...parametersOf(changelog, 'redshift')]);
  const faults = [
    ...[...used].filter((name) => !values[name]).map((name) => `${name} is not set`),
    ...Object.keys(given)
      .filter((name) => !known.has(name))
      .map((name) => `${name} is unknown`),
    ...Object.entries(values)
      .filter(([, value]) => !/^[^'"\\;$\p{Cc}]*$/u.test(value))
      .map(([name]) => `${name} contains a quote, backslash, semicolon, dollar sign or control character`),
    ...(/^\d+$/.test(values.adsuitePort ?? '') ? [] : ['adsuitePort is not a number']),
  ];
  if (faults.length > 0) throw new LocalError(`Invalid parameters of the changelog: ${faults.join('; ')}.`);
  return values;
}

function parametersOf({ changesets }: Changelog, context: Context): Set<string> {
  const text = changesets
    .filter(({ contexts }) => contexts.includes(context))
    .map(({ sql, rollback, preconditions }) => [sql, rollback, ...preconditions.map(({ query }) => query)].join('\n'))
    .join('\n');
  return new Set([...text.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => name));
}

/** Returns a function that replaces passwords in a text by ***. A password inside a longer word stays. */
export function redactor(parameters: Parameters, ...others: readonly string[]): (text: string) => string {
  const secrets = Object.entries(parameters)
    .filter(([name]) => /password$/i.test(name))
    .map(([, value]) => value)
    .concat(others)
    .filter((value) => value !== '');
  const patterns = secrets.map((secret) => new RegExp(`(?<![\\w-])${secret.replaceAll(/\W/g, '\\$&')}(?![\\w-])`, 'g'));
  return (text) => patterns.reduce((redacted, pattern) => redacted.replaceAll(pattern, '***'), text);
}
