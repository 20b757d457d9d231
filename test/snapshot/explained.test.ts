import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BuildReader, openWarehouse, type Warehouse } from '../../src/db/warehouse/connect.ts';
import { newestBuild } from '../../src/db/warehouse/queries/builds.ts';
import {
  offerStrategies,
  strategiesOfOffers,
  strategiesWithoutOffer,
  type WindowAnchor,
  windowsAround,
  withoutOffer,
} from '../../src/db/warehouse/queries/explain-strategies.ts';
import { readSnapshot } from '../../src/db/warehouse/read-snapshot.ts';
import { recordStatement } from '../support/recorded-statements.ts';
import { openTestDatabase, smallWorld, smallWorldAsOf, type TestDatabase } from '../support/warehouses.ts';

// What explains an attribution is read in part: of an offer 100 strategies, of a strategy 100 iterations.

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
const world = {
  ...smallWorld(2),
  strategies: numbers(130).map((index) => {
    return { id: `${900 + index}`, name: `${index}`, tune_offer_id: index < 120 ? '5' : null, created_at: at(index) };
  }),
  iterations: [
    ...numbers(160).map((index) => ({
      iteration_id: `${2_000 - index}`,
      strategy_id: '900',
      name: null,
      created_at: at(index),
    })),
    { iteration_id: '7', strategy_id: '901', name: 'only', created_at: at(0) },
  ],
};

let database: TestDatabase;
let warehouse: Warehouse;
let reader: BuildReader;
beforeAll(async () => {
  database = await openTestDatabase(world, smallWorldAsOf);
  warehouse = openWarehouse({
    target: database.target,
    maxConnections: 1,
    waitMilliseconds: 10_000,
    statementMilliseconds: 60_000,
    onStatement: recordStatement,
    onConnectionLost: () => {},
  });
  const build = await newestBuild(warehouse);
  reader = warehouse.ofBuild(async () => build?.tables_build_number ?? null);
});
afterAll(async () => {
  await warehouse?.close();
  await database?.close();
});

test('the snapshot has the same part of long lists as SQL', async () => {
  const { snapshot } = await readSnapshot(reader, true, 2 ** 28);
  const { strategies, iterations } = snapshot;
  const ofOffers = ['5', '6'].flatMap((offer) => offerStrategies(offer, strategies.ofOffer(offer)) ?? []);
  expect(ofOffers).toEqual(await strategiesOfOffers(reader, ['5', '6']));
  expect(ofOffers).toMatchObject([{ total: 120, strategies: { length: 100 } }]);
  expect(withoutOffer(strategies.ofOffer(null))).toEqual(await strategiesWithoutOffer(reader));
  const anchors: WindowAnchor[] = [
    ...['900', '901', '902'].flatMap((id) => [`first ${id}`, `last ${id}`] as const),
    ...['7', '8', '2000', '1951', '1950', '1949', '1900', '1891', '1890', '1841'].map(
      (id) => `iteration ${id}` as const,
    ),
  ];
  const windows = anchors.flatMap((anchor) => iterations.windowsAround(anchor) ?? []);
  expect(windows).toEqual(await windowsAround(reader, anchors));
  expect(windows.map((each) => each.windows.length).toSorted((one, other) => one - other)).toEqual([
    ...[1, 1, 1, 50, 50, 51, 51, 99],
    ...Array(5).fill(100),
  ]);
});
