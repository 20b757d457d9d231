import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkStatement } from '../../scripts/redshift-lint/check.ts';
import { openWarehouse, type Warehouse } from '../../src/db/warehouse/connect.ts';
import { prepareSession } from '../../src/db/warehouse/session.ts';
import { reportWarehouse } from '../../src/start/warehouse-report.ts';
import { recordStatement } from '../support/recorded-statements.ts';
import { openTestDatabase, smallWorld, smallWorldAsOf, type TestDatabase } from '../support/warehouses.ts';

let database: TestDatabase;
let warehouse: Warehouse;
beforeAll(async () => {
  database = await openTestDatabase(smallWorld(3), smallWorldAsOf);
  warehouse = openWarehouse({
    target: database.target,
    maxConnections: 1,
    waitMilliseconds: 10_000,
    statementMilliseconds: 10_000,
    onStatement: recordStatement,
    onConnectionLost: () => {},
  });
});
afterAll(async () => {
  await warehouse.close();
  await database.close();
});

test("the service's queries at startup are recorded too", async () => {
  const lines: string[] = [];
  await reportWarehouse(warehouse, (line) => lines.push(line));
  expect(lines.join('\n')).toMatch(/Build 1 of .*\n.*this user may write/);
});

test('the statements that prepare a session on Redshift pass the linter', async () => {
  const sent: string[] = [];
  const client = { query: async (sql: string) => void sent.push(sql) } as unknown as pg.ClientBase;
  await prepareSession(client, 'redshift', 30_000);
  expect(sent.length).toBeGreaterThan(0);
  expect(sent.flatMap(checkStatement)).toEqual([]);
});
