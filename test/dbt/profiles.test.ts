import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { attributionSchema } from '../../src/db/warehouse/tables.ts';
import { projectFolder } from '../support/dbt.ts';

interface Profile {
  readonly attribution: {
    readonly target: string;
    readonly outputs: Readonly<Record<string, Record<string, unknown>>>;
  };
}

const { attribution } = parse(readFileSync(join(projectFolder, 'profiles.yml'), 'utf8')) as Profile;
const targets = Object.entries(attribution.outputs);

const everywhere = ['type', 'host', 'port', 'user', 'password', 'dbname', 'schema', 'threads', 'retries', 'sslmode'];
/** The credential keys that are useful here; dbt silently ignores any other key. */
const known: Readonly<Record<string, readonly string[]>> = {
  postgres: [...everywhere, 'connect_timeout', 'keepalives_idle', 'sslrootcert', 'sslcert', 'sslkey'],
  redshift: [...everywhere, 'method', 'cluster_id', 'region', 'is_serverless', 'iam_profile', 'ra3_node'],
};

test.each(targets)(
  'the target %s has only keys of its adapter, and writes to the schema that the service reads',
  (_name, target) => {
    const keys = known[String(target.type)] ?? [];
    expect(Object.keys(target).filter((key) => !keys.includes(key))).toEqual([]);
    expect(target.schema).toBe(`{{ env_var('WAREHOUSE_SCHEMA', '${attributionSchema}') }}`);
    // dbt-redshift would also repeat statements, without the rolled back ones before them.
    expect(target.retries).toBe(target.type === 'redshift' ? 0 : 3);
  },
);

test.each(targets)('the target %s verifies the server, or connects to this machine only', (_name, target) => {
  if (target.host === '127.0.0.1') return expect(target.sslmode).toBe('disable');
  expect(target.sslmode).toBe('verify-full');
  if (target.type === 'postgres') expect(target.sslrootcert).toBe("{{ env_var('WAREHOUSE_CA') }}");
});

test.each(targets)('the target %s contains no secret, and no default for a required one', (_name, target) => {
  const local = target.host === '127.0.0.1';
  for (const key of ['host', 'password', 'cluster_id', 'region']) {
    const value = target[key];
    if (value === undefined || (local && key === 'host')) continue;
    expect(value, key).toMatch(local ? /^\{\{ env_var\('\w+', ''\) \}\}$/ : /^\{\{ env_var\('\w+'\) \}\}$/);
  }
});

test.each(targets.filter(([, { type }]) => type === 'redshift'))(
  'the target %s has the keys of its login method, and no limit that would end statements',
  (_name, target) => {
    const needed: Readonly<Record<string, readonly string[]>> = {
      database: ['user', 'password'],
      iam: ['user', 'cluster_id', 'region'],
      iam_role: ['region', 'is_serverless'],
    };
    for (const key of needed[String(target.method)] ?? ['method'])
      expect(target, String(target.method)).toHaveProperty(key);
    expect(target).not.toHaveProperty('connect_timeout');
  },
);
