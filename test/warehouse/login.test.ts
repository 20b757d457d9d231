import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { cachedUntilExpiry, loginSource } from '../../src/db/warehouse/login.ts';
import { warehouseFault } from '../../src/db/warehouse/warehouse-faults.ts';
import { type AwsCall, type GivenLogin, type Refusal, startAws } from '../support/network.ts';

// The real AWS SDK against servers on loopback that speak AWS's wire formats.
let aws: Awaited<ReturnType<typeof startAws>>;
let answer: (call: AwsCall) => GivenLogin | Refusal | null;
const expiration = new Date('2026-03-01T12:00:00Z');
beforeEach(async () => {
  answer = () => ({ user: 'IAMR:service', password: 'temporary', expiration });
  aws = await startAws((call) => answer(call));
  vi.stubEnv('AWS_ENDPOINT_URL_REDSHIFT', aws.endpoint);
  vi.stubEnv('AWS_ENDPOINT_URL_REDSHIFT_SERVERLESS', aws.endpoint);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'very secret');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await aws.close();
});

const cluster = { kind: 'cluster', cluster: 'my-cluster', region: 'eu-west-1' } as const;
const serverless = { kind: 'serverless', workgroup: 'my-group', region: 'eu-west-1' } as const;
const before = expiration.getTime() - 3_600_000;

test('a provisioned cluster', async () => {
  expect(await loginSource(cluster, 'dev', () => before)()).toMatchObject({
    user: 'IAMR:service',
    password: 'temporary',
  });
  expect(aws.calls).toEqual([
    {
      operation: 'GetClusterCredentialsWithIAM',
      input: expect.objectContaining({ ClusterIdentifier: 'my-cluster', DbName: 'dev', DurationSeconds: '3600' }),
      isSigned: true,
    },
  ]);
});

test('a serverless workgroup', async () => {
  expect(await loginSource(serverless, 'dev', () => before)()).toMatchObject({
    user: 'IAMR:service',
    password: 'temporary',
  });
  expect(aws.calls).toEqual([
    {
      operation: 'GetCredentials',
      input: { workgroupName: 'my-group', dbName: 'dev', durationSeconds: '3600' },
      isSigned: true,
    },
  ]);
});

test.each([
  [cluster, 'AccessDenied', 403, /GetClusterCredentialsWithIAM/],
  [cluster, 'ClusterNotFound', 404, /cluster or workgroup does not exist/],
  [cluster, 'ExpiredToken', 403, /no valid AWS credentials/],
  [serverless, 'AccessDeniedException', 400, /redshift-serverless:GetCredentials/],
  [serverless, 'ResourceNotFoundException', 400, /cluster or workgroup does not exist/],
] as const)('a refusal says what to check: %j %s', async (login, code, status, words) => {
  answer = () => ({ status, code });
  const target = { dialect: 'redshift', host: 'h', port: 5439, database: 'dev', login, tls: null } as const;
  const error = await loginSource(login, 'dev', () => before)().catch((caught) => caught);
  const fault = warehouseFault(error, target);
  expect(fault).toEqual({ kind: 'refused', explanation: expect.stringMatching(words) });
  expect(fault.explanation).not.toContain('secret');
});

describe('a failure of AWS is distinguished from one of the warehouse, and the wait is limited', () => {
  test.each<[typeof cluster | typeof serverless, string, Refusal | string | null]>([
    [cluster, 'Throttling', { status: 400, code: 'Throttling' }],
    [serverless, 'InternalServerException', { status: 500, code: 'InternalServerException' }],
    [serverless, 'ECONNREFUSED', 'http://127.0.0.1:1'],
    [serverless, 'ENOTFOUND|EAI_AGAIN', 'http://aws.invalid'],
    [cluster, 'ETIMEDOUT', null],
    [serverless, 'ETIMEDOUT', null],
  ])('%j %s', async (login, what, given) => {
    if (typeof given === 'string') vi.stubEnv('AWS_ENDPOINT_URL_REDSHIFT_SERVERLESS', given);
    else answer = () => given;
    const target = { dialect: 'redshift', host: 'h', port: 5439, database: 'dev', login, tls: null } as const;
    const error = await loginSource(login, 'dev', () => before)().catch((caught) => caught);
    expect(warehouseFault(error, target)).toEqual({
      kind: 'unreachable',
      explanation: expect.stringMatching(
        new RegExp(`^Requesting warehouse credentials from AWS failed \\((${what})\\)`),
      ),
    });
  });
});

test('a process without AWS credentials', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere');
  vi.stubEnv('AWS_CONFIG_FILE', '/nowhere');
  const target = { dialect: 'redshift', host: 'h', port: 5439, database: 'dev', login: cluster, tls: null } as const;
  const error = await loginSource(cluster, 'dev', () => before)().catch((caught) => caught);
  expect(warehouseFault(error, target).explanation).toMatch(/no valid AWS credentials/);
});

test('a login is cached until shortly before it expires, and concurrent callers share one request', async () => {
  let now = 0;
  let asked = 0;
  const source = cachedUntilExpiry(
    async () => {
      asked += 1;
      return { user: 'u', password: `p${asked}`, expiresAt: now + 900_000 };
    },
    () => now,
  );
  const first = await Promise.all([source(), source(), source()]);
  expect(first.map((login) => login.password)).toEqual(['p1', 'p1', 'p1']);
  now = 839_999;
  expect((await source()).password).toBe('p1');
  now = 840_000;
  expect((await source()).password).toBe('p2');
});

test('a failure is not cached', async () => {
  let fails = true;
  const source = cachedUntilExpiry(
    async () => {
      if (fails) throw new Error('AWS is down');
      return { user: 'u', password: 'p', expiresAt: 1e9 };
    },
    () => 0,
  );
  await expect(source()).rejects.toThrow('AWS is down');
  fails = false;
  expect(await source()).toMatchObject({ password: 'p' });
});
