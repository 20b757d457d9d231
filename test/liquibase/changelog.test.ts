import { expect, test } from 'vitest';
import { readChangelog } from '../../scripts/liquibase/changelog.ts';
import { completeParameters } from '../../scripts/liquibase/parameters.ts';
import { renderPreconditions, renderRollback, renderUpdate } from '../../scripts/liquibase/render.ts';
import { redshiftParameters } from '../support/redshift-changelog.ts';

const changelog = readChangelog();
const of = (id: string) => changelog.changesets.find((changeset) => changeset.id === id)?.sql ?? '';

test('what runs on Redshift is what was reviewed', async () => {
  const parameters = completeParameters(changelog, 'redshift', redshiftParameters);
  await expect(renderUpdate(changelog, 'redshift', parameters)).toMatchFileSnapshot('redshift/update.sql');
  await expect(renderRollback(changelog, 'redshift', parameters)).toMatchFileSnapshot('redshift/rollback.sql');
  await expect(renderPreconditions(changelog, 'redshift', parameters)).toMatchFileSnapshot(
    'redshift/preconditions.sql',
  );
});

test.each(['strategies', 'iterations'])('the mirror of %s reads the same in both contexts', (view) => {
  const query = (context: string) => /\nas\n(select[^;]+);/.exec(of(`${context}-mirror-${view}`))?.[1];
  expect(query('redshift')).toMatch(/^select/);
  expect(query('local')).toBe(query('redshift'));
});

test('statements that Redshift takes alone stand alone, out of a transaction', () => {
  const external = changelog.changesets.filter(
    ({ contexts, sql }) => contexts.includes('redshift') && /external schema|on schema adsuite_prod/.test(sql),
  );
  expect(external.map(({ id }) => id)).toHaveLength(3);
  for (const { runInTransaction, sql, rollback } of external) {
    expect(runInTransaction).toBe(false);
    expect([sql, rollback].map((text) => text.split(';').length)).toEqual([2, 2]);
  }
});

test('the guard of the rollback runs last in both contexts', () => {
  expect(changelog.changesets.at(-1)).toMatchObject({ contexts: ['redshift', 'local'], runAlways: true });
  expect(changelog.changesets.at(-1)?.rollback).toMatch(/^call adsuite_mirror\.refuse_while_models_stand\(\);/);
});
