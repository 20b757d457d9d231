import { expect, test } from 'vitest';
import { readChangelog } from '../../scripts/liquibase/changelog.ts';
import { blotter, completeParameters } from '../../scripts/liquibase/parameters.ts';
import { localParameters } from '../support/adsuite.ts';
import { redshiftParameters } from '../support/redshift-changelog.ts';

const changelog = readChangelog();
const local = localParameters({ host: 'localhost', port: 5432, user: '', password: '', database: 'adsuite' });

test('defaults stand beneath what is given', () => {
  const parameters = completeParameters(changelog, 'local', { ...local, dbtUser: 'other_dbt' });
  expect(parameters).toMatchObject({ ...local, dbtUser: 'other_dbt', serviceUser: 'attribution_service' });
});

test('each context needs its own', () => {
  expect(() => completeParameters(changelog, 'redshift', redshiftParameters)).not.toThrow();
  expect(() => completeParameters(changelog, 'redshift', {})).toThrow(
    'adsuiteHost is not set; iamRole is not set; secretArn is not set.',
  );
  expect(() => completeParameters(changelog, 'local', { ...local, dbtPassword: '' })).toThrow('dbtPassword is not set');
});

test('an unknown name is told', () => {
  expect(() => completeParameters(changelog, 'local', { ...local, dbtPasword: 'x' })).toThrow('dbtPasword is unknown');
});

test.each([`it's`, 'a"b', 'a\\b', 'a;b', 'a$b', 'a\nb'])(
  'a value that could leave its quotes is refused: %j',
  (value) => {
    const complete = () => completeParameters(changelog, 'local', { ...local, servicePassword: value });
    expect(complete).toThrow(/servicePassword holds a quote/);
    expect(complete).not.toThrow(value);
  },
);

test('a port is a number', () => {
  expect(() => completeParameters(changelog, 'local', { ...local, adsuitePort: '5432 x' })).toThrow(
    'adsuitePort is not a number',
  );
});

test('passwords are blotted out, words that hold one are not', () => {
  const blot = blotter({ servicePassword: 'fdw', dbtPassword: 'a.b(c', serviceUser: 'public' }, 'postgres');
  expect(blot(`alter user public password 'fdw'; postgres_fdw local-fdw a.b(c axb(c from 'postgres'`)).toBe(
    `alter user public password '***'; postgres_fdw local-fdw *** axb(c from '***'`,
  );
});
