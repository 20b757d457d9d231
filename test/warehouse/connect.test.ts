import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { withClient } from '../../local/postgres/server.ts';
import { type PostgresServer, startPostgres } from '../../local/postgres/temporary.ts';
import { startProxy } from '../../local/tcp-proxy.ts';
import type { StoreFault } from '../../src/db/store-faults.ts';
import { fixedQuery } from '../../src/db/warehouse/compiled-statements.ts';
import { openWarehouse, type Warehouse, type WarehouseOptions } from '../../src/db/warehouse/connect.ts';
import { statementBuilder } from '../../src/db/warehouse/dialect.ts';
import { BuildReplaced, DeadlineExceeded, WarehouseUnavailable } from '../../src/errors.ts';
import { startAws } from '../support/network.ts';

// Connects to a real PostgreSQL server, as a read-only user.
const secret = 'correct horse';
let server: PostgresServer;
let owner: pg.Client;
beforeAll(async () => {
  server = await startPostgres(['-c', 'max_connections=20']);
  owner = new pg.Client(server.connection);
  await owner.connect();
  await owner.query(`
    create role reader login password '${secret}';
    create schema attribution;
    grant usage on schema attribution to reader;
    create table attribution.strategies (strategy_id bigint);
    create table attribution.strategies__7 (strategy_id bigint);
    insert into attribution.strategies__7 values (1), (2), (3);
    create table attribution.secrets (id bigint);
    grant select on attribution.strategies, attribution.strategies__7 to reader;
    -- Survives one cancellation, as a server that does not obey its own timeout would.
    create function attribution.stubborn() returns text language plpgsql as $$
      begin
        perform pg_sleep(120);
        return 'awake';
      exception when query_canceled then
        perform pg_sleep(120);
        return 'stubborn';
      end $$;
    grant execute on function attribution.stubborn() to reader;
  `);
});
afterAll(async () => {
  await owner.end();
  await server.stop();
});

const opened: Warehouse[] = [];
const faults: StoreFault[] = [];
afterEach(async () => {
  for (const warehouse of opened.splice(0)) await warehouse.close();
  faults.length = 0;
});

function open(
  target: Partial<WarehouseOptions['target']> = {},
  limits: Partial<Omit<WarehouseOptions, 'target'>> = {},
): Warehouse {
  const warehouse = openWarehouse({
    target: {
      dialect: 'postgres',
      host: '127.0.0.1',
      port: server.connection.port,
      database: 'postgres',
      login: { kind: 'password', user: 'reader', password: secret },
      tls: null,
      ...target,
    },
    maxConnections: 4,
    waitMilliseconds: 10_000,
    statementMilliseconds: 60_000,
    onConnectionLost: () => {},
    onFault: (_name, fault) => faults.push(fault),
    ...limits,
  });
  opened.push(warehouse);
  return warehouse;
}

const one = sql<{ one: number }>`select 1 as one`;
const ask = (warehouse: Warehouse, query = one) => warehouse.rows<unknown>('strategies.byId', query);
const failure = (asked: Promise<unknown>) =>
  asked.then(
    () => null,
    (error: unknown) => error,
  );

/** Blocks all readers of the table during `work`. */
async function whileLocked<Result>(work: () => Promise<Result>): Promise<Result> {
  return withClient(server.connection, async (locker) => {
    await locker.query('begin; lock table attribution.strategies in access exclusive mode');
    try {
      return await work();
    } finally {
      await locker.query('rollback');
    }
  });
}

/** Number of running statements of the reader whose text contains this. */
async function running(text: string): Promise<number> {
  const { rows } = await owner.query<{ running: number }>(
    `select count(*)::int as running from pg_stat_activity
     where usename = 'reader' and state = 'active' and query like '%' || $1 || '%'`,
    [text],
  );
  return rows[0]?.running ?? -1;
}

describe('a query by key on the tables of a build', () => {
  const byId = (id: string) =>
    fixedQuery<{ strategy_id: string }>('strategies by id', [id], () =>
      statementBuilder().selectFrom('strategies').select('strategy_id').where('strategy_id', '=', id),
    );
  const prepared = sql<{ name: string; statement: string; uses: string }>`
    select name, statement, generic_plans + custom_plans as uses from pg_prepared_statements`;

  test('is prepared once by each session; other queries are not', async () => {
    const warehouse = open({}, { maxConnections: 1 });
    const ofBuild = warehouse.ofBuild(async () => '7');
    for (const id of ['1', '2']) expect(await ofBuild.rows('strategies.byId', byId(id))).toEqual([{ strategy_id: id }]);
    await ofBuild.rows('strategies.page', byId('3'));
    await warehouse.rows('strategies.byId', byId('1'));
    expect(await warehouse.rows('strategies.byId', prepared)).toEqual([
      expect.objectContaining({ statement: expect.stringContaining('"attribution"."strategies__7"'), uses: '2' }),
    ]);
  });

  test('fails once in a session whose table has other columns, and if it was dropped', async () => {
    await owner.query('create table attribution.strategies__8 (strategy_id bigint)');
    await owner.query('grant select on attribution.strategies__8 to reader');
    const ofBuild = open({}, { maxConnections: 1 }).ofBuild(async () => '8');
    expect(await ofBuild.rows('strategies.byId', byId('1'))).toEqual([]);
    await owner.query('alter table attribution.strategies__8 alter strategy_id type integer');
    // The plan is of another type: the query is repeated in a new session.
    expect(await ofBuild.rows('strategies.byId', byId('1'))).toEqual([]);
    await owner.query('drop table attribution.strategies__8');
    expect(await failure(ofBuild.rows('strategies.byId', byId('1')))).toBeInstanceOf(BuildReplaced);
  });
});

describe('a session', () => {
  test('has the required settings and the application name of the service', async () => {
    const settings = sql<Record<string, string>>`
      select current_setting('TimeZone') as zone, current_setting('application_name') as name,
        current_setting('default_transaction_read_only') as read_only, current_setting('statement_timeout') as time_out`;
    expect(await ask(open(), settings as never)).toEqual([
      { zone: 'UTC', name: 'attribution-api', read_only: 'on', time_out: '1min' },
    ]);
  });

  test('cannot write', async () => {
    const warehouse = open();
    const error = await failure(ask(warehouse, sql`delete from attribution.strategies`));
    expect(String(error)).toMatch(/read-only/);
    await owner.query('insert into attribution.strategies values (1)');
    expect(await ask(warehouse, sql`select strategy_id from attribution.strategies`)).toEqual([{ strategy_id: '1' }]);
  });
});

describe('a timeout', () => {
  test.each([
    ['of the query, enforced by the service', { querySeconds: { 'strategies.byId': 1 } }],
    ['of the session, enforced by the server', { statementMilliseconds: 1000 }],
  ])('%s: the statement is cancelled, and the connection stays usable', async (_whose, limits) => {
    const warehouse = open({}, { maxConnections: 1, ...limits });
    const session = sql`select pg_backend_pid() as pid`;
    const before = await ask(warehouse, session as never);
    expect(await failure(ask(warehouse, sql`select pg_sleep(120)`))).toBeInstanceOf(DeadlineExceeded);
    expect(await ask(warehouse, session as never)).toEqual(before);
    await expect.poll(() => running('pg_sleep')).toBe(0);
    expect(faults).toEqual([
      { kind: 'timeout', explanation: expect.stringContaining('warehouse cancelled the statement') },
    ]);
    expect(await ask(warehouse)).toEqual([{ one: 1 }]);
  });

  test('includes waiting for a lock', async () => {
    const warehouse = open({}, { statementMilliseconds: 1000 });
    const error = await whileLocked(() => failure(ask(warehouse, sql`select * from attribution.strategies`)));
    expect(error).toBeInstanceOf(DeadlineExceeded);
  });

  test('terminates the session if the server does not cancel the statement', async () => {
    const warehouse = open({}, { maxConnections: 1, querySeconds: { 'strategies.byId': 1 } });
    const error = await failure(ask(warehouse, sql`select attribution.stubborn()`));
    expect(error).toBeInstanceOf(DeadlineExceeded);
    const fault = { kind: 'timeout', explanation: expect.stringContaining('session was terminated') };
    expect([...faults, warehouse.explain(error)]).toEqual([fault, fault]);
    await vi.waitFor(async () => expect(await running('stubborn')).toBe(0), { timeout: 20_000 });
    expect(await ask(warehouse)).toEqual([{ one: 1 }]);
  });
});

describe('the pool', () => {
  test('has a maximum size, and a maximum wait for a connection', async () => {
    const warehouse = open({}, { maxConnections: 2, waitMilliseconds: 300 });
    const { error, held } = await whileLocked(async () => {
      const held = [1, 2].map(() => ask(warehouse, sql`select count(*)::int as n from attribution.strategies`));
      await vi.waitFor(async () => expect(await running('count(*)')).toBe(2), { timeout: 20_000 });
      return { error: await failure(ask(warehouse)), held };
    });
    expect(error).toBeInstanceOf(WarehouseUnavailable);
    expect(faults.map((fault) => fault.explanation)).toEqual([
      expect.stringContaining('(WAREHOUSE_CONNECTIONS) are in use'),
    ]);
    expect(await Promise.all(held)).toHaveLength(2);
  });

  test('replaces connections that the server closed, idle or active, without an error', async () => {
    const warehouse = open({}, { maxConnections: 1 });
    await ask(warehouse);
    const end = `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'reader'`;
    await owner.query(end);
    expect(await ask(warehouse)).toEqual([{ one: 1 }]);
    const atWork = await whileLocked(async () => {
      const asked = ask(warehouse, sql`select count(*)::int as n from attribution.strategies`);
      await vi.waitFor(async () => expect(await running('count(*)')).toBe(1), { timeout: 20_000 });
      await owner.query(end);
      return { asked };
    });
    expect(await atWork.asked).toEqual([{ n: expect.any(Number) }]);
    expect(faults).toEqual([]);
  });

  test('recovers after the server was down', async () => {
    const way = await startProxy(server.connection.port);
    const warehouse = open({ port: way.port });
    expect(await ask(warehouse)).toEqual([{ one: 1 }]);
    await way.cut();
    expect(await failure(ask(warehouse))).toBeInstanceOf(WarehouseUnavailable);
    expect(faults.at(-1)?.explanation).toContain(`Nothing listens at 127.0.0.1:${way.port}`);
    await way.restore();
    expect(await ask(warehouse)).toEqual([{ one: 1 }]);
    await warehouse.close();
    await way.cut();
  });

  test('limits every wait, and drops a connection that does not respond', async () => {
    const way = await startProxy(server.connection.port, (bytes) => {
      // The login succeeds; the first SET gets no response.
      if (bytes[0] === 'Q'.charCodeAt(0)) way.hush();
    });
    const warehouse = open({ port: way.port }, { maxConnections: 1, waitMilliseconds: 500 });
    for (const _ of [1, 2]) expect(await failure(ask(warehouse))).toBeInstanceOf(WarehouseUnavailable);
    expect(faults.map((fault) => fault.kind)).toEqual(['unreachable', 'unreachable']);
    await warehouse.close();
    await way.cut();
  });
});

test('closing cancels running statements, in the warehouse too', async () => {
  const warehouse = open();
  const asked = failure(ask(warehouse, sql`select pg_sleep(120)`));
  await vi.waitFor(async () => expect(await running('pg_sleep')).toBe(1), { timeout: 20_000 });
  await warehouse.close();
  expect(await asked).toBeInstanceOf(DeadlineExceeded);
  // The server sends the error before it counts the statement as ended.
  await expect.poll(() => running('pg_sleep')).toBe(0);
});

describe('an explanation says what to check and contains no secret', () => {
  test.each([
    [
      'a wrong password',
      { login: { kind: 'password', user: 'reader', password: 'secret' } },
      /rejected the login of user reader.*WAREHOUSE_PASSWORD/,
    ],
    [
      'an unknown user',
      { login: { kind: 'password', user: 'unknown_user', password: 'secret' } },
      /rejected the login of user unknown_user/,
    ],
    [
      'no password',
      { login: { kind: 'password', user: 'reader', password: '' } },
      /requires a password for user reader/,
    ],
    ['an unknown database', { database: 'lost' }, /database lost does not exist/],
    ['an unknown host', { host: 'warehouse.invalid' }, /host name warehouse\.invalid (does not exist|failed)/],
    ['a server without TLS', { tls: { caFile: null } }, /does not support TLS/],
  ] as const)('%s', async (_what, target, words) => {
    const error = await failure(ask(open(target as never)));
    expect(error).toBeInstanceOf(WarehouseUnavailable);
    expect(faults[0]?.explanation).toMatch(words);
    expect(JSON.stringify([faults, String(error)])).not.toMatch(/secret|horse/);
  });

  test('a missing privilege, and a missing table', async () => {
    const warehouse = open();
    await failure(ask(warehouse, sql`select * from attribution.secrets`));
    const missing = await failure(ask(warehouse, sql`select * from attribution.lost`));
    expect(faults.map((fault) => fault.kind)).toEqual(['refused', 'missing']);
    expect(faults[0]?.explanation).toContain('attribution_reader');
    expect(missing).toMatchObject({ isUnbuilt: true });
  });

  test("Redshift's codes for a replaced table are recognised at the start of its message only", () => {
    const { explain } = open();
    expect(explain(new Error('1023')).kind).toBe('moved');
    expect(explain(new Error('invalid input syntax for type bigint: "x 1023"')).kind).toBe('statement');
  });

  test('a connection that breaks is lost; one that cannot be opened is unreachable', () => {
    const { explain } = open();
    const timedOut = (syscall: string) =>
      Object.assign(new Error(`${syscall} ETIMEDOUT`), { code: 'ETIMEDOUT', syscall });
    const kinds = ['read', 'write', 'connect'].map((syscall) => explain(timedOut(syscall)).kind);
    expect(kinds).toEqual(['lost', 'lost', 'unreachable']);
  });

  test('a failed login leaves no open connection', async () => {
    const warehouse = open({ login: { kind: 'password', user: 'reader', password: '' } }, { maxConnections: 2 });
    for (let round = 0; round < 5; round += 1) await Promise.all([1, 2, 3].map(() => failure(ask(warehouse))));
    await vi.waitFor(
      async () => {
        const left = `select count(*)::int as n from pg_stat_activity where backend_type = 'client backend' and usename is null`;
        const starting = `select count(*)::int as n from pg_stat_activity where state is null and pid <> pg_backend_pid() and backend_type = 'client backend'`;
        expect([(await owner.query(left)).rows, (await owner.query(starting)).rows]).toEqual([[{ n: 0 }], [{ n: 0 }]]);
      },
      { timeout: 20_000 },
    );
  });

  test('the connection limit of the server', async () => {
    await owner.query('alter role reader connection limit 0');
    await failure(ask(open()));
    await owner.query('alter role reader connection limit -1');
    expect(faults[0]?.explanation).toContain('reached its connection limit');
  });
});

test('IAM logins: each new connection uses valid credentials', async () => {
  await owner.query(`create role "IAMR:service" login; grant reader to "IAMR:service"`);
  let given = 0;
  const aws = await startAws(() => {
    given += 1;
    // Valid for less than the margin, so each is used once only.
    return { user: 'IAMR:service', password: `temporary ${given}`, expiration: new Date(Date.now() + 30_000) };
  });
  vi.stubEnv('AWS_ENDPOINT_URL_REDSHIFT_SERVERLESS', aws.endpoint);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'very secret');
  try {
    const login = { kind: 'serverless', workgroup: 'w', region: 'eu-west-1' } as const;
    const warehouse = open({ login }, { maxConnections: 1 });
    // One request for the user name, and one for the password of the first connection.
    await owner.query(`alter role "IAMR:service" password 'temporary 2'`);
    const user = sql<{ user: string }>`select current_user as user`;
    expect(await ask(warehouse, user as never)).toEqual([{ user: 'IAMR:service' }]);
    await owner.query(`alter role "IAMR:service" password 'temporary 3'`);
    await owner.query(`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'IAMR:service'`);
    expect(await ask(warehouse, user as never)).toEqual([{ user: 'IAMR:service' }]);
    expect(given).toBe(3);
  } finally {
    vi.unstubAllEnvs();
    await aws.close();
  }
});

test('IAM logins: another user than at startup is reported as such', async () => {
  let given = 0;
  const aws = await startAws(() => {
    given += 1;
    return { user: `IAMR:service ${given}`, password: 'temporary', expiration: new Date(Date.now() + 30_000) };
  });
  vi.stubEnv('AWS_ENDPOINT_URL_REDSHIFT_SERVERLESS', aws.endpoint);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'very secret');
  try {
    const login = { kind: 'serverless', workgroup: 'w', region: 'eu-west-1' } as const;
    const warehouse = open({ login }, { maxConnections: 1 });
    const error = await ask(warehouse, sql`select 1` as never).catch((thrown: unknown) => thrown);
    expect(warehouse.explain(error).explanation).toContain('AWS now returns a different database user than at startup');
  } finally {
    vi.unstubAllEnvs();
    await aws.close();
  }
});
