import { afterAll, beforeAll, expect, test } from 'vitest';
import { openWarehouse, type Warehouse } from '../../src/db/warehouse/connect.ts';
import { reportWarehouse } from '../../src/start/warehouse-report.ts';
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
    onConnectionLost: () => {},
  });
});
afterAll(async () => {
  await warehouse.close();
  await database.close();
});

async function notices(): Promise<string[]> {
  const lines: string[] = [];
  await reportWarehouse(warehouse, (line) => lines.push(line));
  expect(lines[1]).toMatch(/^ {2}Build \d/);
  return lines.slice(2).map((line) => line.trim());
}

// The user of the tests has write privileges.
const mayWrite = expect.stringContaining('this user may write');

test('names the errors of the build that block pushes', async () => {
  expect(await notices()).toEqual([mayWrite]);
  await database.query("update adsuite_mirror.iterations set created_at = '2026-01-01' where iteration_id >= 200");
  await database.query('delete from adsuite_mirror.iterations where iteration_id = 100');
  await database.build(smallWorldAsOf, { lost_percent: 100 });
  expect(await notices()).toEqual([
    'Notice: pushes of this build are refused, because it has CREATED_AT_EDITED (3), ITERATION_GONE (1).',
    mayWrite,
  ]);
});

test('reports that a build was not checked, and still checks privileges', async () => {
  await database.query('drop table attribution.data_quality_findings');
  expect(await notices()).toEqual([
    'Notice: pushes of this build are refused, because it has no data quality record. Run the current dbt models.',
    mayWrite,
  ]);
});
