import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError, loadConfig } from '../../src/config/index.ts';
import { defaultDeliveryLimits, defaultGuardLimits } from '../../src/config/push.ts';

function faults(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

const everywhere = (minutes: number) => ({ build: minutes, mirror: minutes, events: minutes, clicks: minutes });

const pushDefaults = {
  limits: {
    unattributedPoints: 10,
    growthPercent: 50,
    shrinkPercent: 10,
    payoutPercent: 50,
    comparedFrom: 100,
    iterationShrinkPercent: 50,
    iterationShrinkMinimum: 20,
  },
  delivery: {
    concurrency: 4,
    attempts: 20,
    backoff: { baseMilliseconds: 500, capMilliseconds: 60_000 },
    retryBudget: { tokens: 100, perSecond: 2, perAnswer: 0.2 },
    breaker: { failures: 8, openMilliseconds: 5_000, capMilliseconds: 60_000 },
    retryAfterMaxMilliseconds: 15 * 60_000,
    runMilliseconds: 60 * 60_000,
    leaseMilliseconds: 30_000,
    checkMilliseconds: 1_000,
    pollMilliseconds: 5_000,
    graceMilliseconds: 10_000,
  },
  batchRows: 500,
  requestSeconds: 30,
  keepDays: null,
};

test('the defaults that tests and benchmarks use are those of the service', () => {
  expect(defaultGuardLimits).toEqual(pushDefaults.limits);
  expect(defaultDeliveryLimits).toEqual(pushDefaults.delivery);
});

const httpDefaults = {
  host: '127.0.0.1',
  port: 4000,
  allowedHosts: [],
  corsOrigins: [],
  trustedProxies: [],
  headersSeconds: 10,
  requestSeconds: 30,
  keepAliveSeconds: 75,
  stalledSeconds: 30,
  maxConnections: 1_000,
  drainSeconds: 10,
  shutdownDelaySeconds: 0,
};

const limitDefaults = {
  maxRootFields: 50,
  maxStatements: 100,
  maxCost: 100_000,
  maxAnswerBytes: 33_554_432,
  introspection: true,
  document: { maxTokens: 10_000, maxDepth: 20, maxFields: 2_000, maxAliases: 200, maxDirectives: 50 },
  maxExecuting: 256,
  maxWaiting: 256,
  operationSeconds: 120,
  pushOperationSeconds: 900,
  maxExports: 2,
  exportSeconds: 1_800,
  // Without authentication.
  perMinute: null,
  compileAfter: 1,
};

const embeddedLimits = { connections: 4, waitSeconds: 10, statementSeconds: 60, snapshotMegabytes: 256 };

test('without variables the service is embedded, on loopback', () => {
  expect(loadConfig({})).toEqual({
    http: httpDefaults,
    auth: { keysFile: null, jwt: null },
    documentsFolder: null,
    limits: limitDefaults,
    keptAnswerBytes: 67_108_864,
    warehouse: { kind: 'embedded', dataDir: resolve('.data'), csvFolder: null, limits: embeddedLimits },
    staleAfterMinutes: everywhere(1440),
    buildCheckSeconds: 2,
    ledger: { kind: 'embedded', dataDir: resolve('.data') },
    adsuite: { kind: 'sandbox' },
    push: pushDefaults,
    telemetry: { readyCheckSeconds: 10, traces: null },
    logLevel: 'warn',
  });
});

test('variables are read; empty ones count as unset; unknown ones are ignored', () => {
  const env = {
    PORT: '0',
    HOST: '::1',
    DATA_DIR: '',
    WAREHOUSE_CSV: 'mine',
    WAREHOUSE_PASSWORD: ' ',
    LOG_LEVEL: 'debug',
    STALE_AFTER_MINUTES: '30',
    MIRROR_STALE_AFTER_MINUTES: '90',
    BUILD_CHECK_SECONDS: '0',
    PUSH_CONCURRENCY: '2',
    PUSH_LEASE_SECONDS: '1',
    ALLOWED_HOSTS: ' Api.Example.com, 10.0.0.5,[fd00::5] ,',
    HTTP_HEADERS_SECONDS: '1',
    HTTP_REQUEST_SECONDS: '2',
    HTTP_KEEP_ALIVE_SECONDS: '3',
    HTTP_STALLED_SECONDS: '4',
    HTTP_MAX_CONNECTIONS: '5',
    COMPILE_AFTER: '3',
    MAX_ROOT_FIELDS: '6',
    MAX_STATEMENTS: '9',
    MAX_TOKENS: '100',
    MAX_DEPTH: '10',
    MAX_FIELDS: '50',
    MAX_ALIASES: '0',
    MAX_DIRECTIVES: '1',
    MAX_EXECUTING_REQUESTS: '2',
    MAX_WAITING_REQUESTS: '3',
    OPERATION_SECONDS: '4',
    PUSH_OPERATION_SECONDS: '5',
    EXPORT_CONCURRENCY: '6',
    EXPORT_SECONDS: '7',
    DRAIN_SECONDS: '2',
    MAX_COST: '7000',
    MAX_ANSWER_MEGABYTES: '8',
    KEPT_ANSWERS_MAX_MB: '0',
    INTROSPECTION: 'off',
    DOCUMENTS_DIR: 'documents',
    TRUST_PROXY: ' 10.0.0.5, fd00::/8 ',
    CORS_ORIGINS: ' https://app.example.com, http://localhost:3000 ,',
    SHUTDOWN_DELAY_SECONDS: '7',
    READY_CHECK_SECONDS: '60',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
    OTEL_TRACES_SAMPLER_ARG: '0.25',
    X: 'y',
  };
  expect(loadConfig(env)).toEqual({
    http: {
      host: '::1',
      port: 0,
      allowedHosts: ['api.example.com', '10.0.0.5', '[fd00::5]'],
      corsOrigins: ['https://app.example.com', 'http://localhost:3000'],
      trustedProxies: ['10.0.0.5', 'fd00::/8'],
      headersSeconds: 1,
      requestSeconds: 2,
      keepAliveSeconds: 3,
      stalledSeconds: 4,
      maxConnections: 5,
      drainSeconds: 2,
      shutdownDelaySeconds: 7,
    },
    auth: { keysFile: null, jwt: null },
    documentsFolder: resolve('documents'),
    limits: {
      maxRootFields: 6,
      maxStatements: 9,
      maxCost: 7_000,
      maxAnswerBytes: 8_388_608,
      introspection: false,
      document: { maxTokens: 100, maxDepth: 10, maxFields: 50, maxAliases: 0, maxDirectives: 1 },
      maxExecuting: 2,
      maxWaiting: 3,
      operationSeconds: 4,
      pushOperationSeconds: 5,
      maxExports: 6,
      exportSeconds: 7,
      perMinute: null,
      compileAfter: 3,
    },
    keptAnswerBytes: 0,
    warehouse: {
      kind: 'embedded',
      dataDir: resolve('.data'),
      csvFolder: join(process.cwd(), 'mine'),
      limits: embeddedLimits,
    },
    staleAfterMinutes: { ...everywhere(30), mirror: 90 },
    buildCheckSeconds: 0,
    ledger: { kind: 'embedded', dataDir: resolve('.data') },
    adsuite: { kind: 'sandbox' },
    push: {
      ...pushDefaults,
      delivery: { ...pushDefaults.delivery, concurrency: 2, leaseMilliseconds: 1_000, pollMilliseconds: 1_000 },
    },
    telemetry: { readyCheckSeconds: 60, traces: { endpoint: 'http://collector:4318', ratio: 0.25 } },
    logLevel: 'debug',
  });
});

describe('monitoring', () => {
  test.each([
    '*',
    'app.example.com',
    'https://*.example.com',
    'https://app.example.com/',
    'https://App.example.com',
    'https://app.example.com:443',
    'https://user@app.example.com',
    'file://x',
    'null',
    'https://app.example.com;http://x',
  ])('CORS_ORIGINS refuses %s', (CORS_ORIGINS) => {
    expect(faults({ CORS_ORIGINS })).toEqual([expect.stringMatching(/^CORS_ORIGINS is ".*"; it must be origins/)]);
  });

  test('the address of the receiver of traces may hold a secret, so the fault does not repeat it', () => {
    for (const endpoint of ['collector:4318', 'grpc://secret', 'secret'])
      expect(faults({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })).toEqual([
        'OTEL_EXPORTER_OTLP_ENDPOINT must be an http:// or https:// URL',
      ]);
  });

  test.each(['2', '-1', '1.5', 'all', '.5'])('OTEL_TRACES_SAMPLER_ARG refuses %s', (OTEL_TRACES_SAMPLER_ARG) => {
    expect(faults({ OTEL_TRACES_SAMPLER_ARG })).toHaveLength(1);
  });

  test('a service that others use waits for load balancers before it stops', () => {
    expect(loadConfig({ API_KEYS_FILE: 'keys.json' }).http.shutdownDelaySeconds).toBe(5);
    expect(loadConfig({ API_KEYS_FILE: 'keys.json', SHUTDOWN_DELAY_SECONDS: '0' }).http.shutdownDelaySeconds).toBe(0);
  });
});

test('the age of each source has its own limit', () => {
  const { staleAfterMinutes } = loadConfig({
    STALE_AFTER_MINUTES: '1',
    BUILD_STALE_AFTER_MINUTES: '2',
    MIRROR_STALE_AFTER_MINUTES: '3',
    EVENTS_STALE_AFTER_MINUTES: '4',
    CLICKS_STALE_AFTER_MINUTES: '5',
  });
  expect(staleAfterMinutes).toEqual({ build: 2, mirror: 3, events: 4, clicks: 5 });
});

test('all faults are reported at once', () => {
  const found = faults({
    PORT: 'http',
    HOST: '0.0.0.0',
    LOG_LEVEL: 'loud',
    STALE_AFTER_MINUTES: '-1',
    WAREHOUSE_URL: 'mysql://x/y',
    WAREHOUSE_CONNECTIONS: 'many',
  });
  expect(found.map((fault) => fault.split(' ')[0]).toSorted()).toEqual([
    'HOST',
    'LOG_LEVEL',
    'PORT',
    'STALE_AFTER_MINUTES',
    'WAREHOUSE_CONNECTIONS',
    'WAREHOUSE_URL',
  ]);
  expect(found.join('\n')).toContain('PORT is "http"; it must be a whole number from 0 to 65535');
});

describe('without authentication, only loopback hosts are accepted', () => {
  test.each(['0.0.0.0', '192.168.1.5', '::', 'example.org', '128.0.0.1', '127.evil.org'])('%s', (HOST) => {
    expect(faults({ HOST })).toHaveLength(1);
  });
  test.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1'])('not %s', (HOST) => {
    expect(loadConfig({ HOST }).http.host).toBe(HOST);
  });
  test('the fault says what allows others', () => {
    expect(faults({ HOST: '0.0.0.0' })).toEqual([
      'HOST is "0.0.0.0"; without authentication (API_KEYS_FILE or JWT_JWKS_URL) it must be a loopback address ' +
        '(127.0.0.1, ::1, localhost)',
    ]);
  });
});

describe('with authentication', () => {
  const tokens = { JWT_JWKS_URL: 'https://login.example.com/jwks', JWT_ISSUER: 'i', JWT_AUDIENCE: 'a' };

  test.each([
    ['0.0.0.0', []],
    ['::', []],
    ['127.0.0.1', []],
    ['10.0.0.5', ['10.0.0.5']],
    ['fd00::5', ['[fd00::5]']],
    ['Api.Example.com', ['api.example.com']],
  ])('any host is accepted, and clients may use its name: %s', (HOST, allowedHosts) => {
    for (const how of [{ API_KEYS_FILE: 'keys.json' }, tokens])
      expect(loadConfig({ ...how, HOST }).http).toMatchObject({ host: HOST, allowedHosts });
  });

  test.each(['http://x', '10.0.0.5:80', '[::1]', 'a b', 'a/b', '*'])('HOST refuses %s', (HOST) => {
    expect(faults({ API_KEYS_FILE: 'keys.json', HOST })).toEqual([
      expect.stringMatching(/^HOST is ".*"; it must be an/),
    ]);
  });

  test('the file of keys is an absolute path', () => {
    expect(loadConfig({ API_KEYS_FILE: 'keys.json' }).auth).toEqual({ keysFile: resolve('keys.json'), jwt: null });
  });

  test('tokens have defaults, and each variable sets its own', () => {
    const { auth } = loadConfig(tokens);
    expect(auth).toEqual({
      keysFile: null,
      jwt: {
        ...{ jwksUrl: tokens.JWT_JWKS_URL, issuer: 'i', audience: 'a', roleClaim: 'role', leewaySeconds: 30 },
        algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
        restrictionsClaim: null,
      },
    });
    const set = {
      JWT_ROLE_CLAIM: 'x.y',
      JWT_RESTRICTIONS_CLAIM: 'z',
      JWT_ALGORITHMS: 'ES512, RS256',
      JWT_LEEWAY_SECONDS: '0',
    };
    expect(loadConfig({ ...tokens, ...set }).auth.jwt).toMatchObject({
      ...{ roleClaim: 'x.y', restrictionsClaim: 'z', algorithms: ['ES512', 'RS256'], leewaySeconds: 0 },
    });
  });

  test.each([
    [{ JWT_ISSUER: '' }, 'JWT_ISSUER is not set, but JWT_JWKS_URL is'],
    [{ JWT_AUDIENCE: ' ' }, 'JWT_AUDIENCE is not set, but JWT_JWKS_URL is'],
    [{ JWT_JWKS_URL: 'login' }, 'JWT_JWKS_URL is not a URL like'],
    [{ JWT_JWKS_URL: 'http://login.example.com/jwks' }, 'JWT_JWKS_URL is http:// to another machine'],
    [{ JWT_JWKS_URL: 'file:///jwks' }, 'JWT_JWKS_URL starts with neither'],
    [{ JWT_JWKS_URL: 'https://a:secret@login.example.com' }, 'JWT_JWKS_URL has a user or a password'],
    [{ JWT_ALGORITHMS: 'none' }, 'JWT_ALGORITHMS is "none"; it must be names'],
    [{ JWT_ALGORITHMS: 'RS256,HS256' }, 'JWT_ALGORITHMS is "RS256,HS256"; it must be names'],
    [{ JWT_ALGORITHMS: ',' }, 'JWT_ALGORITHMS is ","; it must be names'],
    [{ JWT_LEEWAY_SECONDS: '61' }, 'JWT_LEEWAY_SECONDS is "61"; it must be a whole number from 0 to 60'],
  ])('tokens need a sound configuration: %o', (env, fault) => {
    const found = faults({ ...tokens, ...env });
    expect(found).toEqual([expect.stringContaining(fault)]);
    expect(found.join()).not.toContain('secret');
  });

  test('variables of tokens without the URL of the keys have no effect, which is a fault', () => {
    expect(faults({ JWT_ISSUER: 'i', JWT_ROLE_CLAIM: 'r' })).toEqual([
      'JWT_ISSUER is set, but JWT_JWKS_URL is not',
      'JWT_ROLE_CLAIM is set, but JWT_JWKS_URL is not',
    ]);
  });
});

test.each([
  '10.0.0.0/33',
  '::/129',
  '0.0.0.0/0',
  '::/0',
  'fe80::1%eth0',
  'proxy.example.com',
  'loopback',
  '1',
  'true',
  '10.0.0.5/',
  '*',
])('TRUST_PROXY refuses %s', (TRUST_PROXY) => {
  expect(faults({ TRUST_PROXY })).toEqual([expect.stringMatching(/^TRUST_PROXY is ".*"; it must be addresses/)]);
});

test.each([
  '*',
  '*.example.com',
  'https://api.example.com',
  'api.example.com:80',
  'a b',
  'fd00::5',
  '-x',
  'a/b',
  'a..b',
])('ALLOWED_HOSTS refuses %s', (ALLOWED_HOSTS) => {
  expect(faults({ ALLOWED_HOSTS })).toHaveLength(1);
  expect(faults({ ALLOWED_HOSTS })[0]).toMatch(/^ALLOWED_HOSTS is ".*"; it must be host names/);
});

test('the timeout of the headers must not exceed that of the request', () => {
  const fault = (headers: number, request: number) =>
    `HTTP_HEADERS_SECONDS (${headers}) is longer than HTTP_REQUEST_SECONDS (${request}), which includes it; ` +
    'decrease the one or increase the other';
  expect(faults({ HTTP_HEADERS_SECONDS: '31' })).toEqual([fault(31, 30)]);
  expect(faults({ HTTP_REQUEST_SECONDS: '5' })).toEqual([fault(10, 5)]);
  expect(faults({ HTTP_HEADERS_SECONDS: '31', PORT: 'http' })).toEqual([
    'PORT is "http"; it must be a whole number from 0 to 65535',
    fault(31, 30),
  ]);
  expect(faults({ HTTP_HEADERS_SECONDS: '31', HTTP_REQUEST_SECONDS: 'x' })).toHaveLength(1);
  expect(loadConfig({ HTTP_HEADERS_SECONDS: '30' }).http.headersSeconds).toBe(30);
});

test.each([
  [{ PUSH_BREAKER_SECONDS: '61' }, 'PUSH_BREAKER_SECONDS is longer than PUSH_BREAKER_MAX_SECONDS'],
  [
    { PUSH_RETRY_BASE_MILLISECONDS: '1001', PUSH_RETRY_MAX_SECONDS: '1' },
    'PUSH_RETRY_BASE_MILLISECONDS is longer than PUSH_RETRY_MAX_SECONDS',
  ],
])('a first wait must not exceed the longest one: %o', (variables, fault) => {
  expect(faults(variables)).toEqual([expect.stringMatching(new RegExp(`^${fault}; decrease`))]);
});

test('waits that are as long as the longest one are accepted', () => {
  const { delivery } = loadConfig({ PUSH_BREAKER_SECONDS: '60', PUSH_RETRY_BASE_MILLISECONDS: '60000' }).push;
  expect(delivery.breaker).toMatchObject({ openMilliseconds: 60_000, capMilliseconds: 60_000 });
  expect(delivery.backoff).toEqual({ baseMilliseconds: 60_000, capMilliseconds: 60_000 });
});

test('introspection is on or off', () => {
  expect(faults({ INTROSPECTION: 'false' })).toEqual(['INTROSPECTION is "false"; it must be on or off']);
});

test.each(['65536', '-1', '80.5', '1e3', '0x50', ' 80 80'])('PORT refuses %s', (PORT) => {
  expect(faults({ PORT })).toHaveLength(1);
});

describe('a warehouse server', () => {
  const read = (env: Record<string, string>) => {
    const { warehouse } = loadConfig(env);
    if (warehouse.kind !== 'server') throw new Error('embedded');
    return warehouse;
  };
  const address = (WAREHOUSE_URL: string, env: Record<string, string> = {}) => read({ WAREHOUSE_URL, ...env }).address;

  test('by password: ports, decoding, TLS', () => {
    expect(address('postgres://reader:p%40ss%2Fword@db.example.com/warehouse')).toEqual({
      dialect: 'postgres',
      host: 'db.example.com',
      port: 5432,
      database: 'warehouse',
      login: { kind: 'password', user: 'reader', password: 'p@ss/word' },
      tls: { caFile: null },
    });
    const redshift = address('redshift://reader@w.example.com:5555/dev', {
      WAREHOUSE_PASSWORD: 'x y',
      WAREHOUSE_CA: 'ca.pem',
    });
    expect(redshift).toMatchObject({
      dialect: 'redshift',
      port: 5555,
      login: { user: 'reader', password: 'x y' },
      tls: { caFile: resolve('ca.pem') },
    });
    expect(address('redshift://a:b@w.example.com/dev').port).toBe(5439);
    expect(address('postgresql://a:b@[::1]:6000/x')).toMatchObject({ host: '::1', port: 6000 });
  });

  test.each([
    ['postgres://a:b@127.0.0.1/x', null],
    ['postgres://a:b@localhost/x', null],
    ['postgres://a:b@localhost/x?sslmode=verify-full', { caFile: null }],
    ['postgres://a:b@db.example.com/x?sslmode=disable', null],
    ['redshift://a:b@127.0.0.1/x', { caFile: null }],
  ])('encrypted and verified, except on loopback or with sslmode=disable: %s', (url, tls) => {
    expect(address(url).tls).toEqual(tls);
  });

  test('encrypted on loopback too, if a certificate authority is set', () => {
    const { tls } = address('postgres://a:b@127.0.0.1/x', { WAREHOUSE_CA: 'ca.pem' });
    expect(tls).toEqual({ caFile: resolve('ca.pem') });
  });

  test.each([
    [
      'my-cluster.c1abc2.eu-west-1.redshift.amazonaws.com',
      { kind: 'cluster', cluster: 'my-cluster', region: 'eu-west-1' },
    ],
    [
      'my-group.123456789012.us-east-1.redshift-serverless.amazonaws.com',
      { kind: 'serverless', workgroup: 'my-group', region: 'us-east-1' },
    ],
    ['warehouse.example.com/dev?cluster=c&region=r', { kind: 'cluster', cluster: 'c', region: 'r' }],
    ['warehouse.example.com/dev?workgroup=w&region=r', { kind: 'serverless', workgroup: 'w', region: 'r' }],
    // A VPC endpoint of another workgroup: the parameter wins.
    [
      'endpoint.123456789012.us-east-1.redshift-serverless.amazonaws.com/dev?workgroup=w',
      { kind: 'serverless', workgroup: 'w', region: 'us-east-1' },
    ],
  ])('by IAM: %s', (rest, login) => {
    expect(address(`redshift://${rest.includes('/') ? rest : `${rest}/dev`}`).login).toEqual(login);
  });

  test('limits', () => {
    const env = {
      WAREHOUSE_URL: 'redshift://a:b@h/x',
      WAREHOUSE_CONNECTIONS: '3',
      WAREHOUSE_WAIT_SECONDS: '4',
      WAREHOUSE_STATEMENT_SECONDS: '5',
      SNAPSHOT_MAX_MB: '6',
    };
    expect(read(env).limits).toEqual({ connections: 3, waitSeconds: 4, statementSeconds: 5, snapshotMegabytes: 6 });
    expect(read({ WAREHOUSE_URL: env.WAREHOUSE_URL }).limits).toEqual({ ...embeddedLimits, connections: 8 });
  });

  test.each([
    ['not a url', {}],
    ['https://a:secret@h/x', {}],
    ['postgres://a:secret@h', {}],
    ['postgres://a:secret@h/x/y', {}],
    ['postgres://:secret@h/x', {}],
    ['postgres:///x', {}],
    ['postgres://a:secret@h:0/x', {}],
    ['postgres://a:sec#ret@h/x', {}],
    ['postgres://a:sec%ret@h/x', {}],
    ['postgres://a:secret@h/x?sslmode=require', {}],
    ['postgres://a:secret@h/x?application_name=secret', {}],
    ['postgres://a:secret@h/x', { WAREHOUSE_PASSWORD: 'secret2' }],
    ['postgres://a:secret@h/x?sslmode=disable', { WAREHOUSE_CA: 'ca.pem' }],
    ['postgres://a:secret@h/x', { WAREHOUSE_CSV: 'folder' }],
    ['postgres://a:secret@h/x?cluster=c', {}],
    ['redshift://a@h/x', {}],
    ['redshift://h/x', {}],
    ['redshift://h/x?cluster=c', {}],
    ['redshift://h/x?cluster=c&workgroup=w&region=r', {}],
  ])('refused, without quoting the secret: %s', (WAREHOUSE_URL, env) => {
    const found = faults({ WAREHOUSE_URL, ...env });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^WAREHOUSE_(URL|CSV) /);
    expect(found[0]).not.toContain('secret');
  });

  test.each([
    'WAREHOUSE_PASSWORD',
    'WAREHOUSE_CA',
    'WAREHOUSE_CONNECTIONS',
    'WAREHOUSE_WAIT_SECONDS',
    'WAREHOUSE_STATEMENT_SECONDS',
    'LEDGER_PASSWORD',
    'LEDGER_CA',
    'LEDGER_CONNECTIONS',
  ])('%s is refused without the URL of its server', (name) => {
    expect(faults({ [name]: '7' })).toEqual([`${name} is set, but ${name.split('_')[0]}_URL is not`]);
  });
});

describe('pushing', () => {
  const postgres = 'postgres://a:b@warehouse/x';

  test('goes to AdSuite if its URL is set, else to the sandbox of the embedded warehouse', () => {
    const env = { ADSUITE_URL: 'https://adsuite.example.com/api/', ADSUITE_TOKEN: 'token' };
    const server = { kind: 'server', url: 'https://adsuite.example.com/api', token: 'token' };
    expect(loadConfig(env).adsuite).toEqual(server);
    expect(loadConfig({ ...env, WAREHOUSE_URL: postgres }).adsuite).toEqual(server);
    expect(loadConfig({ ...env, ADSUITE_URL: 'https://adsuite.example.com/api//' }).adsuite).toEqual(server);
    for (const url of ['http://127.0.0.1:8080', 'http://[::1]:8080'])
      expect(loadConfig({ ...env, ADSUITE_URL: url }).adsuite).toMatchObject({ kind: 'server', url });
    expect(loadConfig({ WAREHOUSE_URL: postgres }).adsuite).toEqual({ kind: 'none' });
  });

  test.each([
    [{ ADSUITE_TOKEN: 'hush' }],
    [{ ADSUITE_URL: 'https://adsuite.example.com' }],
    [{ ADSUITE_URL: 'http://adsuite.example.com', ADSUITE_TOKEN: 'hush' }],
    [{ ADSUITE_URL: 'https://user:hush@adsuite.example.com', ADSUITE_TOKEN: 'hush' }],
    [{ ADSUITE_URL: 'https://adsuite.example.com/?key=hush', ADSUITE_TOKEN: 'hush' }],
    [{ ADSUITE_URL: 'ftp://adsuite.example.com', ADSUITE_TOKEN: 'hush' }],
    [{ ADSUITE_URL: 'nowhere', ADSUITE_TOKEN: 'hush' }],
    [{ ADSUITE_URL: 'https://adsuite.example.com', ADSUITE_TOKEN: 'hush hush' }],
  ])('refused, without quoting the secret: %j', (env) => {
    const found = faults(env);
    expect(found).toHaveLength(1);
    expect(found[0]).not.toContain('hush');
  });

  test('honours a Retry-After of up to 15 minutes by default', () => {
    const variable = 'PUSH_RETRY_AFTER_MAX_MINUTES';
    expect(loadConfig({}).push.delivery.retryAfterMaxMilliseconds).toBe(900_000);
    for (const minutes of ['1', '1440']) {
      const { delivery } = loadConfig({ [variable]: minutes }).push;
      expect(delivery.retryAfterMaxMilliseconds).toBe(Number(minutes) * 60_000);
    }
    for (const minutes of ['0', '-1', '1.5', '1441', 'long']) expect(faults({ [variable]: minutes })).toHaveLength(1);
  });

  test('retries within configurable limits', () => {
    const { delivery } = loadConfig({
      PUSH_RETRY_ATTEMPTS: '3',
      PUSH_RETRY_BASE_MILLISECONDS: '10',
      PUSH_RETRY_MAX_SECONDS: '2',
      PUSH_RETRY_BUDGET: '5',
      PUSH_RETRY_BUDGET_PER_SECOND: '1',
      PUSH_RETRY_BUDGET_PER_100_ANSWERS: '50',
      PUSH_BREAKER_FAILURES: '4',
      PUSH_BREAKER_SECONDS: '6',
      PUSH_BREAKER_MAX_SECONDS: '7',
    }).push;
    expect(delivery).toEqual({
      ...pushDefaults.delivery,
      attempts: 3,
      backoff: { baseMilliseconds: 10, capMilliseconds: 2_000 },
      retryBudget: { tokens: 5, perSecond: 1, perAnswer: 0.5 },
      breaker: { failures: 4, openMilliseconds: 6_000, capMilliseconds: 7_000 },
    });
    for (const name of ['PUSH_RETRY_ATTEMPTS', 'PUSH_RETRY_BUDGET', 'PUSH_BREAKER_SECONDS']) {
      expect(faults({ [name]: '0' })).toHaveLength(1);
    }
  });

  test('each variable sets its own limit', () => {
    const { limits, delivery, batchRows, requestSeconds } = loadConfig({
      PUSH_UNATTRIBUTED_POINTS: '1',
      PUSH_GROWTH_PERCENT: '2',
      PUSH_SHRINK_PERCENT: '3',
      PUSH_PAYOUT_PERCENT: '4',
      PUSH_COMPARED_FROM: '5',
      PUSH_ITERATION_SHRINK_PERCENT: '6',
      PUSH_ITERATION_SHRINK_MINIMUM: '7',
      PUSH_BATCH_ROWS: '8',
      PUSH_CONCURRENCY: '9',
      PUSH_REQUEST_SECONDS: '10',
      PUSH_RUN_MINUTES: '11',
      PUSH_LEASE_SECONDS: '12',
    }).push;
    expect({ limits, batchRows, requestSeconds }).toEqual({
      limits: {
        unattributedPoints: 1,
        growthPercent: 2,
        shrinkPercent: 3,
        payoutPercent: 4,
        comparedFrom: 5,
        iterationShrinkPercent: 6,
        iterationShrinkMinimum: 7,
      },
      batchRows: 8,
      requestSeconds: 10,
    });
    expect(delivery).toEqual({
      ...pushDefaults.delivery,
      concurrency: 9,
      runMilliseconds: 11 * 60_000,
      leaseMilliseconds: 12_000,
    });
  });

  test('keeps its rows forever by default', () => {
    expect(loadConfig({}).push.keepDays).toBeNull();
    expect(loadConfig({ PUSH_KEEP_DAYS: '90' }).push.keepDays).toBe(90);
    for (const days of ['0', '-1', '1.5', 'forever']) expect(faults({ PUSH_KEEP_DAYS: days })).toHaveLength(1);
  });

  test('uses a PostgreSQL server as the ledger if its URL is set', () => {
    const { ledger } = loadConfig({
      LEDGER_URL: 'postgres://a@h/ledger',
      LEDGER_PASSWORD: 'b',
      LEDGER_CONNECTIONS: '5',
    });
    expect(ledger).toMatchObject({ kind: 'server', connections: 5, address: { login: { user: 'a', password: 'b' } } });
    expect(faults({ LEDGER_URL: 'postgres://a@h/ledger', LEDGER_CONNECTIONS: '4' })).toEqual([
      'LEDGER_CONNECTIONS is "4"; it must be a whole number from 5 to 100: at least one each to record pushes, to renew leases, to deliver, to plan and to read',
    ]);
    expect(faults({ LEDGER_URL: 'redshift://a:hush@h/x' })[0]).toMatch(/^LEDGER_URL (?!.*hush)/);
  });
});

describe('the server of the ledger', () => {
  const address = (LEDGER_URL: string, env: Record<string, string> = {}) => {
    const { ledger } = loadConfig({ LEDGER_URL, ...env });
    if (ledger.kind !== 'server') throw new Error('embedded');
    return ledger.address;
  };

  test('has the parts of its URL', () => {
    expect(address('postgres://keeper:p%40ss@db.example.com/pushes')).toEqual({
      host: 'db.example.com',
      port: 5432,
      database: 'pushes',
      login: { user: 'keeper', password: 'p@ss' },
      tls: { caFile: null },
    });
    expect(address('postgresql://a@[::1]:6000/x')).toMatchObject({ host: '::1', port: 6000, login: { password: '' } });
  });

  test.each([
    ['postgres://a:b@127.0.0.1/x', {}, null],
    ['postgres://a:b@localhost/x?sslmode=verify-full', {}, { caFile: null }],
    ['postgres://a:b@localhost/x', { LEDGER_CA: 'ca.pem' }, { caFile: resolve('ca.pem') }],
    ['postgres://a:b@db.example.com/x', { LEDGER_CA: 'ca.pem' }, { caFile: resolve('ca.pem') }],
    ['postgres://a:b@db.example.com/x?sslmode=disable', {}, null],
  ])('is encrypted, except on loopback or with sslmode=disable: %s %o', (url, env, tls) => {
    expect(address(url, env).tls).toEqual(tls);
  });

  test.each([
    ['postgres://:secret@h/x', {}],
    ['postgres://a:secret@h/x?sslmode=require', {}],
    ['postgres://a:secret@h/x?cluster=c', {}],
    ['postgres://a:secret@h/x', { LEDGER_PASSWORD: 'secret2' }],
    ['postgres://a:secret@h/x?sslmode=disable', { LEDGER_CA: 'ca.pem' }],
  ])('is refused, without quoting the secret: %s %o', (LEDGER_URL, env) => {
    expect(faults({ LEDGER_URL, ...env })).toEqual([expect.stringMatching(/^LEDGER_URL (?!.*secret)/)]);
  });
});

describe('documentation', () => {
  const read = (file: string) => readFileSync(join(import.meta.dirname, '../..', file), 'utf8');

  test('docs/configuration.md lists every variable with its default', () => {
    const script = join(import.meta.dirname, '../../scripts/config-docs.ts');
    const { status, stderr } = spawnSync('node', [script, '--check'], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });

  test('the README names the Node that installs and the Node that runs', () => {
    const { engines, dependencies } = JSON.parse(read('package.json'));
    expect(read('README.md')).toContain(`Node ${engines.node.replace('>=', '')} or later`);
    expect(read('README.md')).toContain(`Node ${dependencies.node}`);
  });
});
