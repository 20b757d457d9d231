import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { localParameters, redshiftParameters } from '../../local/adsuite.ts';
import { completeParameters, readChangelog, redactor, renderChangelog } from '../../scripts/liquibase/changelog.ts';

const changelog = readChangelog();
const of = (id: string) => changelog.changesets.find((changeset) => changeset.id === id)?.sql ?? '';

test('the SQL for Redshift is the reviewed SQL', async () => {
  const parameters = completeParameters(changelog, 'redshift', redshiftParameters);
  for (const [name, sql] of Object.entries(renderChangelog(changelog, 'redshift', parameters))) {
    await expect(sql).toMatchFileSnapshot(`redshift/${name}.sql`);
  }
});

test.each(['strategies', 'iterations'])('the mirror of %s has the same query in both contexts', (view) => {
  const query = (context: string) => /\nas\n(select[^;]+);/.exec(of(`${context}-mirror-${view}`))?.[1];
  expect(query('redshift')).toMatch(/^select/);
  expect(query('local')).toBe(query('redshift'));
});

test('statements that Redshift refuses in a transaction are in separate changesets without one', () => {
  const external = changelog.changesets.filter(
    ({ contexts, sql }) => contexts.includes('redshift') && /external schema|on schema adsuite_prod/.test(sql),
  );
  expect(external.map(({ id }) => id)).toHaveLength(3);
  for (const { runInTransaction, sql, rollback } of external) {
    expect(runInTransaction).toBe(false);
    expect([sql, rollback].map((text) => text.split(';').length)).toEqual([2, 2]);
  }
});

test('a changeset for Redshift with several statements runs without a transaction, and does not need one', () => {
  const several = changelog.changesets.filter(
    ({ contexts, sql }) => contexts.includes('redshift') && sql.replaceAll(/\$\$.*?\$\$/gs, '').split(';').length > 2,
  );
  expect(several.map(({ id }) => id)).toEqual(['redshift-mirror-strategies', 'redshift-mirror-iterations']);
  for (const { runInTransaction, sql } of several) {
    expect(runInTransaction).toBe(false);
    expect(sql).not.toMatch(/\bset local\b/);
  }
});

test('the guard of the rollback runs last in both contexts', () => {
  expect(changelog.changesets.at(-1)).toMatchObject({ contexts: ['redshift', 'local'], runAlways: true });
  expect(changelog.changesets.at(-1)?.rollback).toMatch(/^call adsuite_mirror\.refuse_while_models_stand\(\);/);
});

const local = localParameters({ host: 'localhost', port: 5432, user: '', password: '', database: 'adsuite' });

test('given values override defaults', () => {
  const parameters = completeParameters(changelog, 'local', { ...local, dbtUser: 'other_dbt' });
  expect(parameters).toMatchObject({ ...local, dbtUser: 'other_dbt', serviceUser: 'attribution_service' });
});

test.each([
  ['redshift', redshiftParameters],
  ['local', local],
] as const)('%s names users only by their parameters', (context, given) => {
  const names = { serviceUser: 'the_service', dbtUser: 'the_dbt', airflowUser: 'the_airflow' };
  const rendered = (parameters: object) =>
    renderChangelog(changelog, context, completeParameters(changelog, context, { ...given, ...parameters }));
  const expected = Object.entries(rendered({})).map(([name, sql]) => [
    name,
    Object.entries(names).reduce(
      (text, [parameter, other]) => text.replaceAll(new RegExp(`\\b${changelog.defaults[parameter]}\\b`, 'g'), other),
      sql,
    ),
  ]);
  expect(rendered(names)).toEqual(Object.fromEntries(expected));
});

test('the parameters have the defaults that the documentation lists', () => {
  const docs = readFileSync(join(import.meta.dirname, '../../docs/liquibase.md'), 'utf8');
  const table = /^\| parameter \| meaning \| default \|$.*?^$/ms.exec(docs)?.[0] ?? '';
  const documented = [...table.matchAll(/^\| (`.+?) \|.*\| (.+?) \|$/gm)].flatMap(([, names = '', values = '']) => {
    const defaults = values.split(', ');
    return [...names.matchAll(/`(\w+)`/g)].map(
      ([, name = ''], index) => [name, defaults[index] ?? defaults[0]] as const,
    );
  });
  const withDefault = documented.filter(([, value]) => value !== 'none');
  expect(Object.fromEntries(withDefault.map(([name, value]) => [name, value?.replaceAll('`', '')]))).toEqual(
    changelog.defaults,
  );
});

test('each context has its required parameters', () => {
  expect(() => completeParameters(changelog, 'redshift', redshiftParameters)).not.toThrow();
  expect(() => completeParameters(changelog, 'redshift', {})).toThrow(
    'adsuiteHost is not set; iamRole is not set; secretArn is not set.',
  );
  expect(() => completeParameters(changelog, 'local', { ...local, dbtPassword: '' })).toThrow('dbtPassword is not set');
});

test('an unknown name is refused', () => {
  expect(() => completeParameters(changelog, 'local', { ...local, dbtPasword: 'x' })).toThrow('dbtPasword is unknown');
});

test.each([`it's`, 'a"b', 'a\\b', 'a;b', 'a$b', 'a\nb'])(
  'a value that could end a string or statement is refused: %j',
  (value) => {
    const complete = () => completeParameters(changelog, 'local', { ...local, servicePassword: value });
    expect(complete).toThrow(/servicePassword contains a quote/);
    expect(complete).not.toThrow(value);
  },
);

test('a port that is not a number is refused', () => {
  expect(() => completeParameters(changelog, 'local', { ...local, adsuitePort: '5432 x' })).toThrow(
    'adsuitePort is not a number',
  );
});

test('passwords are redacted, words that contain one are not', () => {
  const redact = redactor({ servicePassword: 'fdw', dbtPassword: 'a.b(c', serviceUser: 'public' }, 'postgres');
  expect(redact(`alter user public password 'fdw'; postgres_fdw local-fdw a.b(c axb(c from 'postgres'`)).toBe(
    `alter user public password '***'; postgres_fdw local-fdw *** axb(c from '***'`,
  );
});
