import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../../local/postgres/temporary.ts';
import { openWarehouse, type Warehouse } from '../../src/db/warehouse/connect.ts';
import { newestBuild } from '../../src/db/warehouse/queries/builds.ts';
import { WarehouseUnavailable } from '../../src/errors.ts';

// A real PostgreSQL, where a session replaces a table as dbt does on Redshift: by statements that commit one by one.
let server: PostgresServer;
let owner: pg.Client;
beforeAll(async () => {
  server = await startPostgres();
  owner = new pg.Client(server.connection);
  await owner.connect();
  await owner.query(`
    create schema attribution;
    create table attribution.attribution_builds (build_number bigint, build_id varchar);
    insert into attribution.attribution_builds values (1, 'one')`);
});
afterAll(async () => {
  await owner.end();
  await server.stop();
});

/** Waits before further attempts, in milliseconds, and what happens meanwhile. */
const waits: number[] = [];
let meanwhile: () => Promise<unknown> = async () => {};
const explanations: string[] = [];
let warehouse: Warehouse;
beforeEach(async () => {
  await owner.query(
    'drop table if exists attribution.strategies; create table attribution.strategies (strategy_id int)',
  );
  waits.length = 0;
  explanations.length = 0;
  meanwhile = async () => {};
  const { host, port, database, user, password } = server.connection;
  warehouse = openWarehouse({
    target: { dialect: 'postgres', host, port, database, login: { kind: 'password', user, password }, tls: null },
    maxConnections: 4,
    waitMilliseconds: 10_000,
    statementMilliseconds: 60_000,
    onConnectionLost: () => {},
    onFault: (_name, { explanation }) => explanations.push(explanation),
    wait: (milliseconds) => {
      waits.push(milliseconds);
      return meanwhile();
    },
  });
});
afterEach(() => warehouse.close());

const read = () => warehouse.rows('strategies.page', sql`select * from attribution.strategies`);
const drop = () => owner.query('drop table attribution.strategies');
const create = () => owner.query('create table attribution.strategies (strategy_id int)');
const unbuilt = { isUnbuilt: true };

test('readers find a table that is dropped and renamed again and again', async () => {
  await newestBuild(warehouse);
  await owner.query('insert into attribution.strategies values (0)');
  const rounds = 20;
  const readers = [1, 2, 3];
  let isDone = false;
  let haveRead = barrier(readers);
  const readInLoop = async (reader: number) => {
    while (!isDone) {
      expect(await read()).toHaveLength(1);
      haveRead.arrive(reader);
    }
  };
  const replaceInLoop = async () => {
    for (let round = 1; round <= rounds; round += 1) {
      await owner.query(`create table attribution.strategies__tmp as select ${round} as strategy_id`);
      // No table has the name until every reader has missed it. The next round begins when every reader has found it.
      const haveMissed = barrier(readers);
      const renamed = Promise.withResolvers<void>();
      meanwhile = () => {
        haveMissed.arrive(waits.length);
        return renamed.promise;
      };
      await drop();
      await haveMissed.all;
      await owner.query('alter table attribution.strategies__tmp rename to strategies');
      haveRead = barrier(readers);
      renamed.resolve();
      await haveRead.all;
    }
    isDone = true;
  };
  await Promise.all([...readers.map(readInLoop), replaceInLoop()]);
  expect(waits).toEqual(Array(rounds * readers.length).fill(100));
  expect(explanations).toEqual([]);
});

/** Resolves `all` when as many different ones have arrived as are expected. */
function barrier({ length }: readonly unknown[]): { arrive(one: number): void; readonly all: Promise<void> } {
  const arrived = new Set<number>();
  const { promise, resolve } = Promise.withResolvers<void>();
  const arrive = (one: number) => {
    if (arrived.add(one).size === length) resolve();
  };
  return { arrive, all: promise };
}

test('a table that stays missing is reported after a bounded time, with the remedy', async () => {
  await newestBuild(warehouse);
  await drop();
  await expect(read()).rejects.toMatchObject(unbuilt);
  expect(waits).toEqual([100, 300, 900]);
  expect(explanations).toEqual([expect.stringContaining('Run the pipeline once (dbt build)')]);
  // Later reads do not wait, until the table is back.
  await expect(read()).rejects.toMatchObject(unbuilt);
  expect(waits).toHaveLength(3);
  await create();
  await read();
  await drop();
  meanwhile = create;
  expect(await read()).toEqual([]);
  expect(waits).toHaveLength(4);
});

test('a read that gives up does not end the waits of others', async () => {
  await newestBuild(warehouse);
  await drop();
  let other: Promise<unknown[]> | null = null;
  const waiting = Promise.withResolvers<void>();
  const first = Promise.withResolvers<void>();
  meanwhile = async () => {
    // The other read begins at the first one's last wait, and waits until that has given up.
    if (waits.length === 3) {
      other = read();
      await waiting.promise;
    } else if (waits.length === 4) {
      waiting.resolve();
      await first.promise;
    } else if (waits.length === 5) {
      await create();
    }
  };
  await expect(read()).rejects.toMatchObject(unbuilt);
  first.resolve();
  expect(await other).toEqual([]);
  expect(waits).toEqual([100, 300, 900, 100, 300]);
});

test('without a build, a missing table is reported at once', async () => {
  await owner.query('alter table attribution.attribution_builds rename to no_builds');
  expect(await newestBuild(warehouse)).toBe(null);
  await drop();
  await expect(read()).rejects.toMatchObject(unbuilt);
  await owner.query(`
    alter table attribution.no_builds rename to attribution_builds;
    create table attribution.kept as select * from attribution.attribution_builds;
    delete from attribution.attribution_builds`);
  expect(await newestBuild(warehouse)).toBe(null);
  await expect(read()).rejects.toMatchObject(unbuilt);
  expect(waits).toEqual([]);
  await owner.query('insert into attribution.attribution_builds select * from attribution.kept');
  await newestBuild(warehouse);
  await expect(read()).rejects.toBeInstanceOf(WarehouseUnavailable);
  expect(waits).toEqual([100, 300, 900]);
});

test('a warehouse that closes makes no further attempt', async () => {
  await newestBuild(warehouse);
  await drop();
  meanwhile = () => warehouse.close();
  await expect(read()).rejects.toMatchObject(unbuilt);
  expect(waits).toEqual([100]);
});
