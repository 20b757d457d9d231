import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as operations from '../generated/operations.ts';
import { openTestService, serve } from '../support/service.ts';
import { smallWorld, smallWorldAsOf } from '../support/warehouses.ts';

let service: Awaited<ReturnType<typeof openTestService>>;
beforeAll(async () => {
  service = await openTestService(smallWorld(100), smallWorldAsOf);
});
afterAll(() => service.close());

/** Names of the statements since the last call, sorted, as they run in any order. */
const statementNames = () =>
  service
    .takeStatements()
    .map((statement) => statement.name)
    .toSorted();

describe('the number of statements depends on the operation, not on the number of rows', () => {
  test('strategies with nested fields', async () => {
    const names: string[][] = [];
    for (const first of [1, 2, 100]) {
      service.takeStatements();
      const { strategies } = await service.ask(operations.StrategyReportDocument, { first });
      expect(strategies.nodes.length).toBe(first);
      names.push(statementNames());
    }
    expect(names[2]).toEqual([
      'builds.latest',
      'clicks.perGroup',
      'clicks.perGroup',
      'conversions.page',
      'iterations.byId',
      'iterations.current',
      'iterations.page',
      'iterations.page.count',
      'metrics.all',
      'metrics.all',
      'metrics.all',
      'strategies.byId',
      'strategies.page',
    ]);
    // The first strategy already has rows in all nested fields.
    expect(names[0]).toEqual(names[2]);
    expect(names[1]).toEqual(names[2]);
  });

  test('iterations with daily metrics and conversions, filtered', async () => {
    const filter = { convertedBetween: { from: '2026-01-01T00:00:00Z' } };
    const names: string[][] = [];
    for (const first of [1, 100]) {
      service.takeStatements();
      const { iterations } = await service.ask(operations.IterationReportDocument, { first, filter });
      expect(iterations.nodes.length).toBe(first);
      names.push(statementNames());
    }
    expect(names[1]).toEqual([
      'builds.latest',
      'clicks.perGroup',
      'clicks.perGroup',
      'conversions.page',
      'iterations.page',
      'metrics.all',
      'metrics.all',
      'metrics.all',
      'metrics.all',
      'strategies.byId',
    ]);
    expect(names[0]).toEqual(names[1]);
  });

  test('groups with their conversions', async () => {
    service.takeStatements();
    const { metrics } = await service.ask(operations.GroupedMetricsDocument, { groupBy: ['ITERATION', 'DAY'] });
    expect(metrics.nodes.length).toBeGreaterThan(100);
    expect(statementNames()).toEqual([
      'builds.latest',
      'clicks.perGroup',
      'clicks.perGroup',
      'conversions.page',
      'metrics.all',
      'metrics.all',
      'metrics.all',
      'metrics.count',
      'metrics.page',
    ]);
  });

  test('fields that are not selected cost no statement', async () => {
    service.takeStatements();
    await service.send('{ conversions { totalCount } }');
    expect(statementNames()).toEqual(['builds.latest', 'conversions.page.count']);
    await service.send('{ __schema { queryType { name } } }');
    expect(statementNames()).toEqual([]);
  });
});

test('with the snapshot, only single conversions take a statement', async () => {
  const own = await serve(service.database.target, {}, { hasSnapshot: true });
  try {
    const filter = { convertedBetween: { from: '2026-01-01T00:00:00Z' } };
    const sent = [
      () => own.ask(operations.StrategyReportDocument, { first: 100 }),
      () => own.ask(operations.IterationReportDocument, { first: 100, filter }),
      () =>
        own.ask(operations.GroupedMetricsDocument, {
          groupBy: ['ITERATION', 'DAY'],
          filter: { status: ['ATTRIBUTED'] },
        }),
      () => own.ask(operations.AllStrategiesDocument, {}),
    ];
    for (const send of sent) {
      await send();
      const names = own.takeStatements().map((statement) => statement.name);
      expect(names.toSorted()).toEqual(send === sent[3] ? ['builds.latest'] : ['builds.latest', 'conversions.page']);
    }
  } finally {
    await own.close();
  }
});

test('SQL has few variants: lists are padded to fixed sizes, values are bound', async () => {
  const shapes = async (document: Parameters<typeof service.send>[0], variants: object[]) => {
    service.takeStatements();
    for (const variables of variants) await service.send(document, variables as never);
    return new Set(service.takeStatements().map((statement) => statement.sql));
  };
  const ids = (count: number) => Array.from({ length: count }, (_, index) => String(index + 1));
  const byIds = [2, 3, 7, 10].map((count) => ({
    filter: { ids: ids(count) },
    first: 5,
    orderBy: { field: 'ID', direction: 'ASC' },
  }));
  expect((await shapes(operations.StrategiesPageDocument, byIds)).size).toBe(2);
  const reports = [2, 5, 9].map((first) => ({ first }));
  const some = await shapes(operations.IterationReportDocument, reports);
  expect(some.size).toBeLessThanOrEqual(12);
  for (const sql of some) expect(sql).not.toMatch(/'\d+'/);
});
