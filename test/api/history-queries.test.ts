import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openWarehouse } from '../../src/db/warehouse/connect.ts';
import { newestBuild, readBuild } from '../../src/db/warehouse/queries/builds.ts';
import { causesOfIterations } from '../../src/db/warehouse/queries/history-causes.ts';
import * as operations from '../generated/operations.ts';
import { ChangingWarehouse } from '../support/changing-warehouse.ts';
import { serve, type TestService } from '../support/service.ts';

// Queries of the history that take several statements, or many keys in one.

const paid = (payout: number, ids: string) =>
  `update events.events set payout = ${payout} where event_id like '${ids}'`;

let warehouse: ChangingWarehouse;
let service: TestService;
beforeAll(async () => {
  warehouse = await ChangingWarehouse.open();
  await warehouse.build([
    'update adgem.campaigns set adaction_id = 53 where id = 2',
    paid(8, 'e%5'),
    `insert into events.events
       select 'many' || (1000 + n), event_type, click_id, goal_reference_id, 1, "timestamp", loaded_at
       from events.events cross join generate_series(1, 300) as n where event_id = 'e11'`,
  ]);
  await warehouse.build([paid(2, 'many%')]);
  await warehouse.build([paid(1, 'many%'), paid(3, 'e22'), paid(3, 'many1299'), paid(3, 'many1300')]);
  service = await serve(warehouse.database.target);
});
afterAll(async () => {
  await service.close();
  await warehouse.database.close();
});

test('a page of changes reads on if many conversions changed back', async () => {
  const since = warehouse.builds[1]?.id ?? '';
  const page = async (first: number, after: string | null = null) => {
    service.takeStatements();
    const { changes } = await service.ask(operations.ChangesDocument, { sinceBuild: since, first, after });
    const statements = service.takeStatements().filter(({ name }) => name === 'history.changes').length;
    return { ids: changes.nodes.map((node) => node.id), statements, ...changes.pageInfo };
  };
  const ids = ['e22', 'many1299', 'many1300'];
  expect(await page(1000)).toMatchObject({ ids, statements: 1, hasNextPage: false });
  expect(await page(3)).toMatchObject({ ids, statements: 2, hasNextPage: false });
  const first = await page(2);
  expect(first).toMatchObject({ ids: ids.slice(0, 2), statements: 2, hasNextPage: true });
  expect(await page(2, first.endCursor)).toMatchObject({ ids: ids.slice(2), statements: 1, hasNextPage: false });
});

test('the causes of iterations are counted for each of the builds after which they count', async () => {
  const { database } = warehouse;
  const limits = { maxConnections: 2, waitMilliseconds: 10_000, statementMilliseconds: 60_000 };
  const opened = openWarehouse({ target: database.target, ...limits, onConnectionLost: () => {} });
  onTestFinished(() => opened.close());
  const reader = readBuild(opened, () => newestBuild(opened));
  const { rows: intervals } = await database.query<Record<string, string | number | null>>(
    'select * from attribution.attribution_history where iteration_id is not null',
  );
  const expected = (iterationId: string, since: string) => {
    const found = new Map<string, Set<unknown>>();
    const add = (cause: unknown, event: unknown, build: unknown) => {
      if (build === null || Number(build) <= Number(since)) return;
      found.set(String(cause), (found.get(String(cause)) ?? new Set()).add(event));
    };
    for (const row of intervals.filter((each) => String(each.iteration_id) === iterationId)) {
      add(row.begin_cause, row.event_id, row.from_build_number);
      add(row.end_cause, row.event_id, row.until_build_number);
    }
    return [...found].map(([cause, events]) => `${iterationId} after ${since}: ${cause} ${events.size}`);
  };
  // Some iterations with one build, others with several.
  const keys = ['1', '2', '3', '4', '5', '6'].flatMap((iterationId) =>
    ['1', '2', '3']
      .filter((since) => Number(iterationId) > 3 || iterationId === since)
      .map((since) => ({ iterationId, since })),
  );
  const rows = await causesOfIterations(reader, keys, '4');
  const all = keys.flatMap(({ iterationId, since }) => expected(iterationId, since));
  expect(all.length).toBeGreaterThan(5);
  expect(
    rows.map((row) => `${row.iteration_id} after ${row.since}: ${row.cause} ${row.conversions}`).toSorted(),
  ).toEqual(all.toSorted());
});
