import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWarehouse, type Statement, type Warehouse } from '../../src/db/warehouse/connect.ts';
import { newestBuild, readBuild } from '../../src/db/warehouse/queries/builds.ts';
import { conversionsOfIterations } from '../../src/db/warehouse/queries/push-metrics.ts';
import { decimal, tenThousandths } from '../../src/domain/decimal.ts';
import { rawTableStatements } from '../../src/embedded/raw-tables.ts';
import type { BuiltIteration, PushSelection } from '../../src/push/types.ts';
import { pushSource } from '../../src/start/push-source.ts';
import { asOfs, messyWorlds, rawRows, rfc3339, together } from '../support/attribution.ts';
import { serviceUser } from '../support/databases.ts';
import { addRaw, reset, rowsOf, run } from '../support/dbt.ts';
import { proofs } from '../support/proofs.ts';
import { recordStatement } from '../support/recorded-statements.ts';
import {
  type DatabaseStore,
  openPgliteStore,
  openPostgresStore,
  smallWorld,
  smallWorldAsOf,
} from '../support/warehouses.ts';

const everything: PushSelection = { iterationIds: null, strategyIds: null };

const stores = [
  ['PGlite', openPgliteStore],
  ['PostgreSQL', openPostgresStore],
] as const;

describe.each(stores)('metrics to push on %s', (name, open) => {
  let store: DatabaseStore;
  let warehouse: Warehouse;
  const sent: Statement[] = [];

  beforeAll(async () => {
    store = await open();
    for (const statement of rawTableStatements()) await store.query(statement);
    warehouse = openWarehouse({
      target: store.target,
      maxConnections: 2,
      waitMilliseconds: 10_000,
      statementMilliseconds: 60_000,
      onStatement: (statement) => {
        sent.push(statement);
        recordStatement(statement);
      },
      onConnectionLost: () => {},
    });
  });
  afterAll(async () => {
    await warehouse.close();
    await store.close();
  });

  const build = async (world: Parameters<typeof addRaw>[1], asOf: string) => {
    await reset(store);
    await addRaw(store, world);
    await run(store, { asOf });
    if (name === 'PGlite') return;
    await store.query(`grant usage on schema attribution to ${serviceUser.user}`);
    await store.query(`grant select on all tables in schema attribution to ${serviceUser.user}`);
  };
  const read = async (selection = everything, pageSize?: number) => {
    const pages: (readonly BuiltIteration[])[] = [];
    const source = pushSource(warehouse, pageSize);
    const newest = await source.build();
    if (!newest) throw new Error('there is no build');
    sent.length = 0;
    for await (const page of source.metrics(selection, newest)) pages.push(page);
    return pages;
  };

  const expectWhole = async (pageSize: number) => {
    const expected = await naive(store);
    expect((await read(everything, pageSize)).flat()).toEqual(expected);
    const attributed = expected.reduce((sum, { values }) => sum + values.conversions, 0);
    expect(await conversionsOfIterations(readBuild(warehouse, () => newestBuild(warehouse)))).toBe(attributed);
    expect(Number((await pushSource(warehouse).build())?.attributed)).toBe(attributed);

    const [first, last] = [expected[0], expected.at(-1)];
    if (!first || !last) return expected;
    const chosen: PushSelection = { iterationIds: [last.iterationId, '404', first.iterationId], strategyIds: null };
    const strategies: PushSelection = { iterationIds: null, strategyIds: [last.strategyId] };
    const both: PushSelection = { ...chosen, strategyIds: strategies.strategyIds };
    for (const selection of [chosen, strategies, both, { ...everything, iterationIds: [] }]) {
      const isSelected = ({ iterationId, strategyId }: BuiltIteration) =>
        (selection.iterationIds?.includes(iterationId) ?? true) &&
        (selection.strategyIds?.includes(strategyId) ?? true);
      expect((await read(selection, pageSize)).flat()).toEqual(expected.filter(isSelected));
    }
    return expected;
  };

  test('equal a naive sum over all conversions and clicks, for any page size', async () => {
    const worlds = fc.array(messyWorlds, { minLength: 20, maxLength: 40, size: 'max' });
    let withConversions = 0;
    await fc.assert(
      fc.asyncProperty(worlds, asOfs, fc.integer({ min: 1, max: 50 }), async (many, asOf, pageSize) => {
        await build(rawRows(together(many)), rfc3339(asOf));
        withConversions += (await expectWhole(pageSize)).filter(({ values }) => values.conversions > 0).length;
      }),
      { numRuns: proofs(6, 2) },
    );
    expect(withConversions).toBeGreaterThan(0);
  });

  test('add up goals, days and payouts of one iteration', async () => {
    await build(smallWorld(30), smallWorldAsOf);
    const found = await expectWhole(7);
    const goals = found.map(({ values }) => values.byGoal.map(({ goalReferenceId }) => goalReferenceId));
    // The test data must have these cases.
    expect(goals.filter((ids) => ids.length > 2).length).toBeGreaterThan(0);
    expect(goals.filter((ids) => ids.length > 1 && ids.at(-1) === null).length).toBeGreaterThan(2);
    expect(found.filter(({ values }) => !values.payout.endsWith('000')).length).toBeGreaterThan(2);
    expect(found.filter(({ values }) => values.clicks > 0 && values.conversions === 0).length).toBeGreaterThan(2);
  });

  test('take three statements per page, in the order of ids, for any number of iterations', async () => {
    await build(smallWorld(), smallWorldAsOf);
    const all = (await read()).flat();
    const ids = all.map(({ iterationId }) => Number(iterationId));
    expect(ids).toEqual(ids.toSorted((one, other) => one - other));
    const pages = await read(everything, 5);
    expect(pages.map((page) => page.length)).toEqual([
      ...new Array(Math.floor(all.length / 5)).fill(5),
      all.length % 5,
    ]);
    expect(sent.map((statement) => statement.name).toSorted()).toEqual(
      pages.flatMap(() => ['push.clicks', 'push.conversions', 'push.iterations']).toSorted(),
    );
    expect(new Set(sent.map((statement) => statement.sql)).size).toBe(6);
  });
});

/** The same by iterating over single conversions and days of clicks, for each iteration. */
async function naive(store: DatabaseStore): Promise<BuiltIteration[]> {
  const iterations = await rowsOf(store, 'attribution.iterations_with_end_time', [
    'iteration_id',
    'strategy_id',
    'created_at',
  ]);
  const clicks = await rowsOf(store, 'attribution.iteration_clicks_daily', ['iteration_id', 'clicks']);
  const conversions = await rowsOf(store, 'attribution.goal_complete_events_attributed', [
    ...['iteration_id', 'goal_reference_id', 'payout', 'converted_at'],
  ]);
  const counted = (rows: readonly (string | null)[][]) => ({
    conversions: rows.length,
    payout: decimal(rows.reduce((sum, [, , payout]) => sum + tenThousandths(payout ?? '0'), 0n)),
  });
  return iterations
    .map(([id, strategyId, createdAt]) => {
      const own = conversions.filter(([iteration]) => iteration === id);
      const times = own.map(([, , , at]) => at as string).toSorted();
      const goals = [...new Set(own.map(([, goal]) => goal ?? null))];
      return {
        iterationId: String(id),
        strategyId: String(strategyId),
        createdAt: String(createdAt),
        values: {
          clicks: clicks.reduce((sum, [iteration, count]) => (iteration === id ? sum + Number(count) : sum), 0),
          ...counted(own),
          firstConversionAt: times[0] ?? null,
          lastConversionAt: times.at(-1) ?? null,
          byGoal: goals
            .sort((one, other) => (one === null ? 1 : other === null ? -1 : one < other ? -1 : 1))
            .map((goal) => ({ goalReferenceId: goal, ...counted(own.filter((row) => row[1] === goal)) })),
        },
      };
    })
    .sort((one, other) => Number(one.iterationId) - Number(other.iterationId));
}
