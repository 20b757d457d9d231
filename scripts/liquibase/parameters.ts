import type { Changelog } from './changelog.ts';
import { ChangelogError, type Context } from './types.ts';

/**
 * The given values with the changelog's defaults beneath them. They are put into SQL as they are, between quotes or
 * not, by Liquibase as well, so what could end a string or a statement is refused.
 * @throws ChangelogError naming every parameter that is missing, unknown or holds such a character; never its value
 */
export function completeParameters(
  changelog: Changelog,
  context: Context,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
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
      .map(([name]) => `${name} holds a quote, a backslash, a semicolon, a dollar sign or a control character`),
    ...(/^\d+$/.test(values.adsuitePort ?? '') ? [] : ['adsuitePort is not a number']),
  ];
  if (faults.length > 0) throw new ChangelogError(`The changelog's parameters are not right: ${faults.join('; ')}.`);
  return values;
}

/** Takes passwords out of a text that is to be shown. A password inside a longer word is not one. */
export function blotter(
  parameters: Readonly<Record<string, string>>,
  ...others: readonly string[]
): (text: string) => string {
  const secrets = Object.entries(parameters)
    .filter(([name]) => /password$/i.test(name))
    .map(([, value]) => value)
    .concat(others)
    .filter((value) => value !== '');
  const patterns = secrets.map((secret) => new RegExp(`(?<![\\w-])${secret.replaceAll(/\W/g, '\\$&')}(?![\\w-])`, 'g'));
  return (text) => patterns.reduce((shown, pattern) => shown.replaceAll(pattern, '***'), text);
}

function parametersOf({ changesets }: Changelog, context: Context): Set<string> {
  const text = changesets
    .filter(({ contexts }) => contexts.includes(context))
    .map(({ sql, rollback, preconditions }) => [sql, rollback, ...preconditions.map(({ query }) => query)].join('\n'))
    .join('\n');
  return new Set([...text.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => name));
}
