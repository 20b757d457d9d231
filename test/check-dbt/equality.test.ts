import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PostgresConnection, withClient } from '../../local/postgres/server.ts';
import { type PostgresServer, startPostgres } from '../../local/postgres/temporary.ts';
import { compareTables, requireEqual, tables } from '../../scripts/check-dbt/equality.ts';

const queried = (connection: PostgresConnection) => ({
  query: <Row>(sql: string) => withClient(connection, async (client) => (await client.query(sql)).rows as Row[]),
});

let server: PostgresServer;
let byDbt: ReturnType<typeof queried>;
let byRunner: ReturnType<typeof queried>;
beforeAll(async () => {
  server = await startPostgres();
  byDbt = queried(await server.createDatabase('by_dbt'));
  byRunner = queried(await server.createDatabase('by_runner'));
});
afterAll(() => server.stop());

/** Creates every table alike in both, with two rows; only the times of builds differ. */
async function createTables(): Promise<void> {
  const create = tables.map((name) => {
    const finished = name === 'attribution_builds' ? ', clock_timestamp() as finished_at' : '';
    return `create table attribution.${name} as select id, 'name' as name${finished} from generate_series(1, 2) id`;
  });
  const statements = ['drop schema if exists attribution cascade', 'create schema attribution', ...create].join(';');
  for (const { query } of [byDbt, byRunner]) await query(statements);
}

const silent = () => undefined;
const compare = async (report: (line: string) => void = silent) =>
  requireEqual('the build', await compareTables(byDbt, byRunner), report);

test('equal tables are reported one by one', async () => {
  await createTables();
  const lines: string[] = [];
  await compare((line) => lines.push(line));
  expect(lines.slice(1).map((line) => line.trim().split(/\s+/))).toEqual(tables.map((table) => [table, '2', 'yes']));
});

const [table] = tables;
const changed = `the build: ${table} differs:\n    dbt: `;

test.each([
  ['one changed row', `update attribution.${table} set name = 'other' where id = 2`, changed],
  [
    'one missing row',
    `delete from attribution.${table} where id = 2`,
    `${changed}{"id": 2, "name": "name"}\n    runner: nothing`,
  ],
  ['one row twice', `insert into attribution.${table} values (2, 'name')`, `${changed}nothing\n`],
  [
    'a changed type',
    `alter table attribution.${table} alter id type bigint`,
    `${changed}id integer\n    runner: id bigint`,
  ],
  ['another column', `alter table attribution.${table} add more int`, `${changed}nothing\n    runner: more integer`],
])('%s is reported', async (_what, change, message) => {
  await createTables();
  await byRunner.query(change);
  await expect(compare()).rejects.toThrow(message);
});

test('a table that is empty in both is reported, since it proves nothing', async () => {
  await createTables();
  for (const { query } of [byDbt, byRunner]) await query(`truncate attribution.${table}`);
  await expect(compare()).rejects.toThrow(`the build: ${table} is empty`);
});
