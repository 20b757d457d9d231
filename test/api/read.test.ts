import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import * as operations from '../generated/operations.ts';
import { proofs } from '../support/proofs.ts';
import { openTestService, present, serve, type TestService } from '../support/service.ts';
import { openTestDatabase, smallWorld, smallWorldAsOf } from '../support/warehouses.ts';

type ConversionNode = operations.AllConversionsQuery['conversions']['nodes'][number];

let service: Awaited<ReturnType<typeof openTestService>>;
let all: ConversionNode[];
beforeAll(async () => {
  service = await openTestService(smallWorld(), smallWorldAsOf, { hasSnapshot: true });
  all = (await service.ask(operations.AllConversionsDocument, {})).conversions.nodes;
});
afterAll(() => service.close());

const utc = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

async function rowsOf(sql: string): Promise<Record<string, string | null>[]> {
  return (await service.database.query(sql)).rows;
}

describe('responses equal the tables', () => {
  test('conversions, with microseconds and four decimals', async () => {
    const rows = await rowsOf(`
      select event_id as id, click_id as "clickId", goal_reference_id as "goalReferenceId", cast(payout as varchar) as payout,
        ${utc('converted_at')} as "convertedAt", ${utc('click_timestamp')} as "clickedAt", ${utc('loaded_at')} as "loadedAt",
        cast(campaign_id as varchar) as "campaignId", attribution_status as status, attribution_method as method,
        cast(strategy_id as varchar) as "strategyId", cast(iteration_id as varchar) as "iterationId"
      from attribution.goal_complete_events_attributed order by event_id`);
    expect(all.map(({ strategy: _s, iteration: _i, ...row }) => row)).toEqual(rows);
    expect(all.some((row) => /\.\d*[1-9]\d{0,2}Z$/.test(row.clickedAt ?? ''))).toBe(true);
    expect(all.some((row) => row.payout === '1.5000')).toBe(true);
  });

  test('a conversion has its strategy and the iteration that was live at its click', () => {
    const attributed = all.filter((row) => row.status === 'ATTRIBUTED');
    expect(attributed.length).toBeGreaterThan(20);
    for (const { strategyId, strategy, iterationId, iteration, method, clickedAt } of attributed) {
      expect(strategy?.id).toBe(strategyId);
      expect(iteration).toMatchObject({ id: iterationId, strategyId });
      if (method === 'EXPLICIT' || !iteration || !clickedAt) continue;
      expect(clickedAt >= iteration.createdAt && (iteration.endedAt === null || clickedAt < iteration.endedAt)).toBe(
        true,
      );
    }
    for (const row of all.filter((each) => each.status !== 'ATTRIBUTED')) {
      expect(row).toMatchObject({ iterationId: null, iteration: null, method: null });
    }
  });

  test('an iteration ends exactly when the next one begins; the last has no end', async () => {
    const { iterations } = await service.ask(operations.AllIterationsDocument, {});
    expect(iterations.totalCount).toBe(iterations.nodes.length);
    const byStrategy = Map.groupBy(iterations.nodes, (node) => node.strategyId);
    for (const own of byStrategy.values()) {
      own.sort((a, b) => a.sequence - b.sequence);
      own.forEach((iteration, index) => {
        const next = own[index + 1];
        expect(iteration).toMatchObject({
          sequence: index + 1,
          endedAt: next?.createdAt ?? null,
          isCurrent: next === undefined,
          strategy: { id: iteration.strategyId },
        });
      });
    }
    expect(byStrategy.get('2')?.map((iteration) => iteration.endedAt === iteration.createdAt)).toEqual([
      true,
      true,
      false,
    ]);
  });

  test('strategies with their iterations and the current one', async () => {
    const [{ strategies }, { iterations }] = await Promise.all([
      service.ask(operations.AllStrategiesDocument, {}),
      service.ask(operations.AllIterationsDocument, {}),
    ]);
    const rows = await rowsOf(`
      select cast(strategy_id as varchar) as id, strategy_name as name, cast(tune_offer_id as varchar) as "tuneOfferId",
        ${utc('created_at')} as "createdAt"
      from attribution.strategies order by strategy_id`);
    expect(strategies.totalCount).toBe(rows.length);
    expect(strategies.nodes.map(({ currentIteration: _c, iterations: _i, ...row }) => row)).toEqual(rows);
    for (const strategy of strategies.nodes) {
      const own = iterations.nodes.filter((iteration) => iteration.strategyId === strategy.id);
      expect(strategy.iterations.totalCount).toBe(own.length);
      expect(strategy.iterations.nodes.map((node) => node.id).toSorted()).toEqual(
        own.map((node) => node.id).toSorted(),
      );
      expect(strategy.currentIteration?.id).toBe(own.find((iteration) => iteration.isCurrent)?.id);
    }
  });
});

describe('filters', () => {
  const pick = <Value>(values: readonly Value[]) => fc.uniqueArray(fc.constantFrom(...values), { maxLength: 4 });
  const value = <Key extends keyof ConversionNode>(key: Key) =>
    all.map((row) => row[key]).filter((each): each is NonNullable<ConversionNode[Key]> => each !== null);

  function range(instants: readonly string[]) {
    const end = fc.option(fc.constantFrom(...instants));
    return fc.tuple(end, end).map(([a, b]) => {
      const inverted = a !== null && b !== null && a > b;
      return inverted ? { from: b, to: a } : { from: a, to: b };
    });
  }

  function filters() {
    const conditions = {
      ids: pick([...value('id'), 'unknown']),
      clickIds: pick(value('clickId')),
      strategyIds: pick([...value('strategyId'), '4711']),
      iterationIds: pick(value('iterationId')),
      campaignIds: pick(value('campaignId')),
      goalReferenceIds: pick(value('goalReferenceId')),
      status: pick(value('status')),
      method: fc.constantFrom('DERIVED' as const, 'EXPLICIT' as const),
      convertedBetween: range(value('convertedAt')),
      clickedBetween: range(value('clickedAt')),
      boundaryWithin: fc.constantFrom(0, 1, 60, 86_400, 2_147_483_647),
      aroundBoundary: fc.constantFrom(0, 1, 60, 3600, 86_400, 2_147_483_647),
    };
    // At most two conditions, so that most filters match some rows.
    const names = Object.keys(conditions) as (keyof typeof conditions)[];
    return fc
      .tuple(fc.record(conditions), fc.subarray(names, { maxLength: 2 }))
      .map(([values, chosen]): Filter => Object.fromEntries(chosen.map((name) => [name, values[name]])));
  }

  type Filter = NonNullable<operations.AllConversionsQueryVariables['filter']>;

  const microseconds = (instant: string) => BigInt(Date.parse(instant)) * 1000n + BigInt(instant.slice(-4, -1));

  /** Whether the click is so close to the beginning or the end of its iteration. */
  function isAround({ clickedAt, iteration }: ConversionNode, seconds: number): boolean {
    if (!clickedAt || !iteration) return false;
    const at = microseconds(clickedAt);
    return [iteration.createdAt, iteration.endedAt].some((boundary) => {
      if (!boundary) return false;
      const distance = at - microseconds(boundary);
      return (distance < 0n ? -distance : distance) <= BigInt(seconds) * 1_000_000n;
    });
  }

  /** Reference implementation of the filter. */
  function matches(row: ConversionNode, filter: Filter): boolean {
    const named = (list: readonly string[] | null | undefined, each: string | null) =>
      !list || (each !== null && list.includes(each));
    const within = (span: { from?: string | null; to?: string | null } | null | undefined, each: string | null) =>
      !span ||
      (!span.from && !span.to) ||
      (each !== null && (!span.from || each >= span.from) && (!span.to || each < span.to));
    const offset =
      row.iteration && row.clickedAt ? microseconds(row.clickedAt) - microseconds(row.iteration.createdAt) : null;
    return (
      named(filter.ids, row.id) &&
      named(filter.clickIds, row.clickId) &&
      named(filter.strategyIds, row.strategyId) &&
      named(filter.iterationIds, row.iterationId) &&
      named(filter.campaignIds, row.campaignId) &&
      named(filter.goalReferenceIds, row.goalReferenceId) &&
      named(filter.status, row.status) &&
      (!filter.method || row.method === filter.method) &&
      within(filter.convertedBetween, row.convertedAt) &&
      within(filter.clickedBetween, row.clickedAt) &&
      (typeof filter.boundaryWithin !== 'number' ||
        (offset !== null && offset >= 0n && offset <= BigInt(filter.boundaryWithin) * 1_000_000n)) &&
      (typeof filter.aroundBoundary !== 'number' || isAround(row, filter.aroundBoundary))
    );
  }

  test('conversions: any filter returns exactly the matching rows and their count', async () => {
    let found = 0;
    await fc.assert(
      fc.asyncProperty(filters(), async (filter) => {
        const { conversions } = await service.ask(operations.AllConversionsDocument, { filter });
        const expected = all.filter((row) => matches(row, filter)).map((row) => row.id);
        expect(conversions.nodes.map((node) => node.id)).toEqual(expected);
        expect(conversions.totalCount).toBe(expected.length);
        found += expected.length;
      }),
      { numRuns: proofs(80, 40, 200) },
    );
    expect(found).toBeGreaterThan(200);
  });

  test('metrics: any grouping of any filter adds up, and drillDown returns its conversions', async () => {
    const dimensions = ['STRATEGY', 'ITERATION', 'CAMPAIGN', 'GOAL', 'STATUS', 'DAY', 'HOUR'] as const;
    const keyOf: Record<(typeof dimensions)[number], (row: ConversionNode) => string | null> = {
      STRATEGY: (row) => row.strategyId,
      ITERATION: (row) => row.iterationId,
      CAMPAIGN: (row) => row.campaignId,
      GOAL: (row) => row.goalReferenceId,
      STATUS: (row) => row.status,
      DAY: (row) => row.convertedAt.slice(0, 10),
      HOUR: (row) => `${row.convertedAt.slice(0, 13)}:00:00.000000Z`,
    };
    const sum = (rows: readonly ConversionNode[]) => {
      const units = rows.reduce((total, row) => total + BigInt((row.payout ?? '0.0000').replace('.', '')), 0n);
      return `${units / 10_000n}.${String(units % 10_000n).padStart(4, '0')}`;
    };
    const groupings = fc.uniqueArray(fc.constantFrom(...dimensions), { minLength: 1, maxLength: 4 });
    // Half of the filters can use the daily tables.
    const attributed = fc.constant<Filter>({ status: ['ATTRIBUTED'] });
    await fc.assert(
      fc.asyncProperty(groupings, fc.oneof(filters(), attributed), async (groupBy, filter) => {
        const { metrics } = await service.ask(operations.GroupedMetricsDocument, { groupBy, filter });
        const rows = all.filter((row) => matches(row, filter));
        const keyed = (key: Record<string, string | null | undefined>) => JSON.stringify(Object.entries(key).sort());
        const expected = Map.groupBy(rows, (row) =>
          keyed(Object.fromEntries(groupBy.map((name) => [name, keyOf[name](row)]))),
        );
        expect(metrics.totalCount).toBe(expected.size);
        expect(metrics.totals).toMatchObject({ conversions: rows.length, payout: sum(rows) });
        for (const node of metrics.nodes) {
          const values: Record<(typeof dimensions)[number], string | null> = {
            STRATEGY: node.strategyId,
            ITERATION: node.iterationId,
            CAMPAIGN: node.campaignId,
            GOAL: node.goalReferenceId,
            STATUS: node.status,
            DAY: node.day,
            HOUR: node.hour,
          };
          const own = expected.get(keyed(Object.fromEntries(groupBy.map((name) => [name, values[name]])))) ?? [];
          const times = own.map((row) => row.convertedAt).toSorted();
          expect(node.metrics).toMatchObject({
            conversions: own.length,
            payout: sum(own),
            firstConversionAt: times[0],
            lastConversionAt: times.at(-1),
          });
          const goals = Map.groupBy(own, (row) => row.goalReferenceId);
          expect(node.metrics.byGoal.length).toBe(goals.size);
          for (const goal of node.metrics.byGoal) {
            const ofGoal = goals.get(goal.goalReferenceId) ?? [];
            expect(goal).toMatchObject({ conversions: ofGoal.length, payout: sum(ofGoal) });
          }
          expect(node.drillDown.totalCount).toBe(own.length);
          expect(node.drillDown.nodes.map((each) => each.id).toSorted()).toEqual(own.map((row) => row.id).toSorted());
        }
        expect(metrics.nodes.map((node) => node.metrics.conversions)).toEqual(
          metrics.nodes.map((node) => node.metrics.conversions).toSorted((a, b) => b - a),
        );
      }),
      { numRuns: proofs(40, 20, 100) },
    );
  });

  test.each([
    ['whole days', '2026-01-04T00:00:00.000000Z', '2026-01-08T00:00:00.000000Z'],
    ['a range that begins within a day', '2026-01-04T12:00:00.000000Z', '2026-01-08T00:00:00.000000Z'],
    ['a range that ends within a day', '2026-01-04T00:00:00.000000Z', '2026-01-07T22:00:00.000000Z'],
    ['a range that begins and ends within a day', '2026-01-04T12:00:00.000000Z', '2026-01-07T22:00:00.000000Z'],
  ])('metrics of attributed conversions in %s count exactly those of the range', async (_name, from, to) => {
    const filter: Filter = { status: ['ATTRIBUTED'], convertedBetween: { from, to } };
    const { metrics } = await service.ask(operations.GroupedMetricsDocument, { groupBy: ['STRATEGY'], filter });
    const expected = Map.groupBy(
      all.filter((row) => matches(row, filter)),
      (row) => row.strategyId,
    );
    expect(new Map(metrics.nodes.map((node) => [node.strategyId, node.metrics.conversions]))).toEqual(
      new Map([...expected].map(([id, rows]) => [id, rows.length])),
    );
  });

  test.each([
    ['all statuses', () => true],
    ['all statuses but ATTRIBUTED', (status: string) => status !== 'ATTRIBUTED'],
  ])(
    'the metrics of a strategy count only its attributed conversions, also with a filter of %s',
    async (_name, has) => {
      const filter: Filter = { status: [...new Set(value('status'))].filter(has) };
      const { data } = await service.send<StrategyConversions, { filter: Filter }>(
        'query ($filter: ConversionFilter) { strategies(first: 100) { nodes { id metrics(filter: $filter) { conversions } } } }',
        { filter },
      );
      const attributed = (id: string) =>
        all.filter((row) => row.strategyId === id && row.status === 'ATTRIBUTED').length;
      expect(data.strategies.nodes.map(({ id, metrics }) => [id, metrics.conversions])).toEqual(
        data.strategies.nodes.map(({ id }) => [id, has('ATTRIBUTED') ? attributed(id) : 0]),
      );
    },
  );

  interface StrategyConversions {
    readonly strategies: {
      readonly nodes: { readonly id: string; readonly metrics: { readonly conversions: number } }[];
    };
  }

  test('the summary always adds up', async () => {
    await fc.assert(
      fc.asyncProperty(filters(), async (filter) => {
        const { attributionSummary } = await service.ask(operations.SummaryDocument, { filter });
        const rows = all.filter((row) => matches(row, filter));
        const { total, attributed, unattributed, unattributedShare, reasons } = attributionSummary;
        expect({ total, attributed }).toEqual({
          total: rows.length,
          attributed: rows.filter((row) => row.status === 'ATTRIBUTED').length,
        });
        expect(unattributed).toBe(total - attributed);
        expect(unattributedShare).toBe(total === 0 ? null : unattributed / total);
        expect(reasons.length).toBe(9);
        expect(reasons.reduce((sum, reason) => sum + reason.conversions, 0)).toBe(unattributed);
        for (const { status, conversions } of reasons) {
          expect(conversions).toBe(rows.filter((row) => row.status === status).length);
        }
      }),
      { numRuns: proofs(25, 15, 60) },
    );
  });

  test('strategies and iterations', async () => {
    const strategies = async (filter: operations.AllStrategiesQueryVariables['filter']) =>
      (await service.ask(operations.AllStrategiesDocument, { filter })).strategies.nodes.map((node) => node.id);
    expect(await strategies({ ids: ['2', '5', '4711'] })).toEqual(['2', '5']);
    expect(await strategies({ tuneOfferIds: ['5005'] })).toEqual(['5', '6']);
    expect(await strategies({ hasTuneOffer: false })).toEqual(['7']);
    expect(await strategies({ hasTuneOffer: true, ids: ['6', '7'] })).toEqual(['6']);
    expect(await strategies({ nameContains: 'STRATEGY a' })).toEqual(['3', '6', '9']);
    expect(await strategies({ nameContains: '%' })).toEqual([]);
    expect(await strategies({ createdBetween: { from: '2026-01-01T00:01:00Z', to: '2026-01-01T00:02:00Z' } })).toEqual([
      '3',
      '4',
      '5',
    ]);

    const { iterations } = await service.ask(operations.AllIterationsDocument, {});
    const find = async (filter: operations.AllIterationsQueryVariables['filter']) =>
      (await service.ask(operations.AllIterationsDocument, { filter })).iterations.nodes.map((node) => node.id);
    const those = (test: (node: (typeof iterations.nodes)[number]) => boolean) =>
      iterations.nodes.filter(test).map((node) => node.id);
    expect(await find({ strategyIds: ['4', '3'] })).toEqual(those((node) => node.strategyId === '4'));
    expect(await find({ isCurrent: true })).toEqual(those((node) => node.endedAt === null));
    expect(await find({ isCurrent: false })).toEqual(those((node) => node.endedAt !== null));
    expect(await find({ nameContains: 'iteration 3' })).toEqual(those((node) => node.name === 'Iteration 3'));
    for (const activeAt of iterations.nodes.map((node) => node.createdAt)) {
      const live = those((node) => node.createdAt <= activeAt && (node.endedAt === null || activeAt < node.endedAt));
      expect(await find({ activeAt })).toEqual(live);
    }
  });
});

test('metrics, daily metrics and conversions of an iteration agree', async () => {
  const { iterations } = await service.ask(operations.IterationReportDocument, { first: 1000 });
  const clicks = new Map(
    (
      await rowsOf(
        'select cast(iteration_id as varchar) as id, sum(clicks) as clicks from attribution.iteration_clicks_daily group by 1',
      )
    ).map((row) => [row.id, Number(row.clicks)]),
  );
  expect(iterations.nodes.some((node) => node.metrics.conversions > 0 && (node.metrics.clicks ?? 0) > 0)).toBe(true);
  for (const { id, metrics, daily, conversions } of iterations.nodes) {
    const own = all.filter((row) => row.iterationId === id);
    expect(metrics.conversions).toBe(own.length);
    expect(metrics.clicks).toBe(clicks.get(id) ?? 0);
    expect(metrics.conversionRate).toBe(metrics.clicks ? own.length / metrics.clicks : null);
    expect(daily.map((day) => day.day)).toEqual(
      [...new Set(own.map((row) => row.convertedAt.slice(0, 10)))].toSorted(),
    );
    expect(daily.reduce((sum, day) => sum + day.metrics.conversions, 0)).toBe(own.length);
    expect(conversions.totalCount).toBe(own.length);
    expect(conversions.nodes.length).toBe(Math.min(3, own.length));
  }
});

test('goals are in the order of their conversions, and those with as many in the order of their ids', async () => {
  type Goal = { readonly goalReferenceId: string | null; readonly conversions: number };
  type Row = { readonly metrics: { readonly byGoal: readonly Goal[] } };
  const byGoal = 'metrics { byGoal { goalReferenceId conversions } }';
  const { data } = await service.send<Record<string, { readonly nodes: readonly Row[] }>, object>(`{
    groups: metrics(groupBy: [DAY, CAMPAIGN], first: 1000) { nodes { ${byGoal} } }
    statuses: metrics(groupBy: [STATUS]) { nodes { ${byGoal} } }
    strategies(first: 1000) { nodes { ${byGoal} } }
    iterations(first: 1000) { nodes { ${byGoal} } }
  }`);
  let ties = 0;
  for (const { metrics } of Object.values(data).flatMap(({ nodes }) => nodes)) {
    for (const [index, next] of metrics.byGoal.slice(1).entries()) {
      const one = metrics.byGoal[index] ?? expect.unreachable();
      expect(one.conversions).toBeGreaterThanOrEqual(next.conversions);
      if (one.conversions !== next.conversions) continue;
      ties += 1;
      // None comes last.
      expect(one.goalReferenceId).not.toBeNull();
      if (next.goalReferenceId !== null) expect(String(one.goalReferenceId) < next.goalReferenceId).toBe(true);
    }
  }
  expect(ties).toBeGreaterThan(0);
});

test('clicks are null if the filter does not apply to clicks', async () => {
  const totals = async (filter: operations.GroupedMetricsQueryVariables['filter']) =>
    (await service.ask(operations.GroupedMetricsDocument, { groupBy: ['STRATEGY'], filter })).metrics.totals;
  const sum = async (where: string) =>
    Number(
      (await rowsOf(`select sum(clicks) as clicks from attribution.iteration_clicks_daily where ${where}`))[0]?.clicks,
    );
  expect(await totals({})).toMatchObject({ clicks: await sum('1 = 1'), conversionRate: null });
  const attributed = await totals({ status: ['ATTRIBUTED'] });
  expect(attributed.conversionRate).toBe(attributed.conversions / (attributed.clicks ?? 0));
  expect(
    await totals({
      strategyIds: ['4'],
      convertedBetween: { from: '2026-01-02T00:00:00Z', to: '2026-01-04T00:00:00Z' },
    }),
  ).toMatchObject({
    clicks: await sum("strategy_id = 4 and click_day >= '2026-01-02' and click_day < '2026-01-04'"),
  });
  const day = { from: '2026-01-02T00:00:00Z', to: '2026-01-03T00:00:00Z' };
  // An unbounded range is ignored. If both ranges are bounded, clickedBetween applies.
  expect(await totals({ clickedBetween: {}, convertedBetween: day })).toMatchObject({
    clicks: await sum("click_day = '2026-01-02'"),
  });
  expect(await totals({ clickedBetween: day, convertedBetween: { from: '2026-01-01T00:00:00Z' } })).toMatchObject({
    clicks: await sum("click_day = '2026-01-02'"),
  });
  for (const filter of [
    { status: [] },
    { clickedBetween: day, convertedBetween: { from: '2026-01-01T00:00:00.5Z' } },
    { goalReferenceIds: ['g1'] },
    { campaignIds: ['1'] },
    { status: ['NO_CLICK_ID' as const] },
    { boundaryWithin: 5 },
    { convertedBetween: { from: '2026-01-02T00:00:00.000001Z' } },
  ]) {
    expect(await totals(filter)).toMatchObject({ clicks: null, conversionRate: null });
  }
});

test('clicks by day are the clicks of that day, for every group', async () => {
  const byDay = async (
    groupBy: operations.MetricDimension[],
    filter: operations.GroupedMetricsQueryVariables['filter'],
  ) => (await service.ask(operations.GroupedMetricsDocument, { groupBy, filter })).metrics.nodes;
  const rows = await rowsOf(
    'select cast(iteration_id as varchar) as id, cast(click_day as varchar) as day, sum(clicks) as clicks from attribution.iteration_clicks_daily group by 1, 2',
  );
  const sum = (day: string | null, id?: string | null) =>
    rows
      .filter((row) => row.day === day && (id === undefined || row.id === id))
      .reduce((total, row) => total + Number(row.clicks), 0);
  const status: operations.AttributionStatus[] = ['ATTRIBUTED'];
  for (const node of await byDay(['DAY'], { status })) expect(node.metrics.clicks).toBe(sum(node.day));
  const both = await byDay(['DAY', 'ITERATION'], { status });
  for (const node of both) expect(node.metrics.clicks).toBe(sum(node.day, node.iterationId));
  expect(both.some((node) => (node.metrics.clicks ?? 0) > 0)).toBe(true);
  // clickedBetween restricts days of clicks, not of conversions.
  const clickedBetween = { from: '2026-01-02T00:00:00Z' };
  for (const node of await byDay(['DAY'], { status, clickedBetween })) expect(node.metrics.clicks).toBeNull();
});

test('look-ups by id and by offer: unknown is null, a shared offer is an error', async () => {
  const known = { strategyId: '4', iterationId: '400', conversionId: 'e0001' };
  expect(await service.ask(operations.LookDocument, known)).toEqual({
    strategy: { id: '4', tuneOfferId: '5004' },
    iteration: { id: '400' },
    conversion: { id: 'e0001' },
  });
  for (const [iterationId, conversionId, offerId] of [
    ['4711', 'e9999', '4711'],
    ['abc', "' or 1=1 --", '9223372036854775808'],
    ['', '', ''],
    ['-1', 'ü', '007'],
  ] as const) {
    expect(await service.ask(operations.LookDocument, { offerId, iterationId, conversionId })).toEqual({
      strategy: null,
      iteration: null,
      conversion: null,
    });
  }
  expect(
    (await service.ask(operations.LookDocument, { ...known, strategyId: null, offerId: '5008' })).strategy?.id,
  ).toBe('8');
  const shared = await service.send(operations.LookDocument, { ...known, strategyId: null, offerId: '5005' });
  expect(shared).toMatchObject({
    status: 200,
    data: { strategy: null, iteration: { id: '400' } },
    errors: [{ extensions: { code: 'AMBIGUOUS_OFFER' } }],
  });
  expect(shared.errors?.[0]?.message).toContain('strategies 5, 6');
});

test('dataStatus has the version of the data and why it is stale', async () => {
  const { dataStatus } = await service.ask(operations.StatusDocument, {});
  expect(dataStatus).toMatchObject({
    build: 'build-1',
    asOf: smallWorldAsOf,
    mirrorRefreshedAt: smallWorldAsOf,
    isStale: true,
  });
  const [row] = await rowsOf(`select ${utc('max(loaded_at)')} as events from attribution.goal_complete_events`);
  expect(dataStatus.eventsLoadedThrough).toBe(row?.events);
  const reached = [
    dataStatus.mirrorRefreshedAt,
    dataStatus.eventsLoadedThrough,
    dataStatus.clicksLoadedThrough,
  ].toSorted();
  expect(dataStatus.finalThrough).toBe(reached[0]);
  expect(dataStatus.lagSeconds).toBe(Math.floor((present.getTime() - Date.parse(String(reached[0]))) / 1000));
  expect(dataStatus.staleReasons.some((reason) => reason.startsWith('The build is 9 days old'))).toBe(true);
});

test('dataStatus.mirror has the start of the last finished refresh', async () => {
  const { data } = await service.send<{ dataStatus: object }, never>(
    '{ dataStatus { mirror { table refreshedAt } staleAfterMinutes { build mirror events clicks } } }',
  );
  expect(data.dataStatus).toEqual({
    mirror: [
      { table: 'strategies', refreshedAt: smallWorldAsOf },
      { table: 'iterations', refreshedAt: smallWorldAsOf },
    ],
    staleAfterMinutes: { build: 60, mirror: 60, events: 60, clicks: 60 },
  });
});

test('a known build costs no statement until buildCheckSeconds have passed', async () => {
  const own = await openTestDatabase(smallWorld(4), smallWorldAsOf);
  // With 0, looks up the build for each operation; with an hour, once an hour. The time of this test stands still.
  const [uncached, cached] = [await serve(own.target), await serve(own.target, { buildCheckSeconds: 3600 })];
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  try {
    const query = '{ dataStatus { build } }';
    const buildOf = async (asked: TestService) =>
      (await asked.send<{ dataStatus: { build: string } }, never>(query)).data.dataStatus.build;
    expect([await buildOf(uncached), await buildOf(cached)]).toEqual(['build-1', 'build-1']);
    await own.build('2026-02-21T00:00:00Z');
    cached.takeStatements();
    expect([await buildOf(uncached), await buildOf(cached)]).toEqual(['build-2', 'build-1']);
    expect(cached.takeStatements()).toEqual([]);
    vi.advanceTimersByTime(3_600_000 - 1);
    expect(await buildOf(cached)).toBe('build-1');
    // Later than the time for which the last build is served while a query runs.
    vi.advanceTimersByTime(30_001);
    expect(await buildOf(cached)).toBe('build-2');
  } finally {
    await uncached.close();
    await cached.close();
    await own.close();
  }
});

test('each response has the version of its data', async () => {
  const { extensions } = await service.send('{ strategies(first: 1) { nodes { id } } }');
  const { dataStatus } = await service.ask(operations.StatusDocument, {});
  expect(extensions?.data).toEqual({
    build: dataStatus.build,
    asOf: dataStatus.asOf,
    mirrorRefreshedAt: dataStatus.mirrorRefreshedAt,
    eventsLoadedThrough: dataStatus.eventsLoadedThrough,
    snapshot: true,
  });
  // Single conversions are not in the snapshot.
  const other = await service.send('{ strategies(first: 1) { nodes { id } } conversions(first: 1) { nodes { id } } }');
  expect(other.extensions?.data).toEqual({ ...(extensions?.data as object), snapshot: undefined });
});
