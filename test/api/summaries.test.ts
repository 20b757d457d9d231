import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SummaryDimensionName } from '../../src/db/warehouse/queries/dimensions.ts';
import { attributionStatuses } from '../../src/db/warehouse/tables.ts';
import type { SummariesQuery, SummariesQueryVariables } from '../generated/operations.ts';
import * as operations from '../generated/operations.ts';
import { asOfs, attribute, messyWorlds, rawRows, rfc3339, together } from '../support/attribution.ts';
import { localLabels } from '../support/local-time.ts';
import { proofs } from '../support/proofs.ts';
import { openTestService } from '../support/service.ts';
import type { RawWorld } from '../support/warehouses.ts';

// The counts per group against gold by brute force, over random worlds in one warehouse.

const seed = Math.trunc(Math.random() * 2 ** 31);
const world = together(fc.sample(messyWorlds, { numRuns: proofs(200, 40), seed }));
const [asOf = 0] = fc.sample(asOfs, { numRuns: 1, seed });
const conversions = attribute(world, asOf, asOf);

/** The rows as texts, for JSON: NaN is a payout. */
const texts = Object.fromEntries(
  Object.entries(rawRows(world)).map(([table, rows]) => [
    table,
    rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null ? null : String(value)])),
    ),
  ]),
) as unknown as RawWorld;

let service: Awaited<ReturnType<typeof openTestService>>;
beforeAll(async () => {
  service = await openTestService(texts, rfc3339(asOf));
});
afterAll(() => service.close());

type Row = SummariesQuery['attributionSummaries']['nodes'][number];
type Counts = Row['summary'];

async function allRows(
  groupBy: SummaryDimensionName[],
  more: Pick<SummariesQueryVariables, 'orderBy' | 'having' | 'timeZone' | 'filter'> = {},
): Promise<{ rows: Row[]; totals: Counts; totalCount: number }> {
  const rows: Row[] = [];
  for (let after: string | null = null; ; ) {
    const { attributionSummaries: page }: SummariesQuery = await service.ask(operations.SummariesDocument, {
      groupBy,
      first: 29,
      after,
      ...more,
    });
    rows.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) return { rows, totals: page.totals, totalCount: page.totalCount };
    after = page.pageInfo.endCursor ?? null;
  }
}

type Expected = (typeof conversions)[number];

const counted = (rows: readonly Expected[]): Counts => {
  const of = (status: string) => rows.filter((each) => each.attribution_status === status).length;
  const attributed = of('ATTRIBUTED');
  const reasons = attributionStatuses
    .filter((status) => status !== 'ATTRIBUTED')
    .map((status) => ({ status, conversions: of(status) }));
  const [total, unattributed] = [rows.length, rows.length - attributed];
  return { total, attributed, unattributed, unattributedShare: total === 0 ? null : unattributed / total, reasons };
};

const text = (value: number | null) => (value === null ? null : String(value));
const keys: Readonly<Record<SummaryDimensionName, readonly [keyof Row, (each: Expected) => string | null]>> = {
  STRATEGY: ['strategyId', (each) => text(each.strategy_id)],
  CAMPAIGN: ['campaignId', (each) => text(each.campaign_id)],
  DAY: ['day', (each) => rfc3339(each.converted_at).slice(0, 10)],
};
const groupings: SummaryDimensionName[][] = [
  ['STRATEGY'],
  ['CAMPAIGN'],
  ['DAY'],
  ['DAY', 'STRATEGY'],
  ['STRATEGY', 'CAMPAIGN', 'DAY'],
];

describe(`counts per group (seed ${seed})`, () => {
  test.each(groupings)('%s %s %s: each group adds up, and the groups add up to the total', async (...given) => {
    const groupBy = given.filter((name) => name !== undefined);
    const { rows, totals, totalCount } = await allRows(groupBy);
    const expected = Map.groupBy(conversions, (each) => JSON.stringify(groupBy.map((name) => keys[name][1](each))));
    const actual = new Map(rows.map((row) => [JSON.stringify(groupBy.map((name) => row[keys[name][0]])), row]));
    expect(actual.size).toBe(rows.length);
    expect(totalCount).toBe(rows.length);
    expect([...actual.keys()].toSorted()).toEqual([...expected.keys()].toSorted());
    for (const [key, { summary, drillDown, strategyId, strategy, day }] of actual) {
      expect(summary, key).toEqual(counted(expected.get(key) ?? []));
      expect(drillDown.totalCount, key).toBe(summary.total);
      expect(summary.attributed + summary.reasons.reduce((sum, each) => sum + each.conversions, 0)).toBe(summary.total);
      // An explicit iteration may be of a strategy that does not exist.
      if (strategy) expect(strategy.id, key).toBe(strategyId);
      expect(day === null).toBe(!groupBy.includes('DAY'));
    }
    expect(totals).toEqual(counted(conversions));
    expect(rows.reduce((sum, { summary }) => sum + summary.attributed, 0)).toBe(totals.attributed);
    expect(rows.reduce((sum, { summary }) => sum + summary.total, 0)).toBe(totals.total);
  });

  test('the total is that of attributionSummary, with any filter', async () => {
    for (const filter of [{}, { isAttributed: false }, { isAttributed: true }, { status: ['SHARED_OFFER' as const] }]) {
      const { attributionSummary } = await service.ask(operations.SummaryDocument, { filter });
      const { attributionSummaries } = await service.ask(operations.SummariesDocument, {
        groupBy: ['CAMPAIGN'],
        filter,
        first: 1000,
      });
      expect(attributionSummaries.totals).toEqual({
        ...attributionSummary,
        reasons: attributionSummary.reasons.map(({ status, conversions: count }) => ({ status, conversions: count })),
      });
      expect(attributionSummaries.nodes.reduce((sum, { summary }) => sum + summary.total, 0)).toBe(
        attributionSummary.total,
      );
    }
  });

  test.each(groupings)(
    '%s %s %s: in the order of the share, page by page, without groups below the bounds',
    async (...given) => {
      const groupBy = given.filter((name) => name !== undefined);
      const timeZone = 'Asia/Kolkata';
      const named = (row: Row) => groupBy.map((name) => row[keys[name][0]]);
      const { rows: all } = await allRows(groupBy, { timeZone });
      if (groupBy.includes('DAY')) {
        const days = conversions.map((each) => localLabels(timeZone, rfc3339(each.converted_at)).day);
        expect(new Set(all.map(({ day }) => day))).toEqual(new Set(days));
      }
      const someShare = all.map(({ summary }) => summary.unattributedShare ?? 0).toSorted((a, b) => a - b)[
        all.length >> 1
      ];
      for (const [field, measure] of [
        ['UNATTRIBUTED_SHARE', ({ summary }: Row) => summary.unattributedShare ?? 0],
        ['UNATTRIBUTED', ({ summary }: Row) => summary.unattributed],
      ] as const) {
        for (const having of [null, { minConversions: 2, minUnattributed: 1 }, { minUnattributedShare: someShare }]) {
          const orderBy = { field, direction: 'DESC' as const };
          const { rows, totals, totalCount } = await allRows(groupBy, { timeZone, orderBy, having });
          const kept = all.filter(
            ({ summary }) =>
              summary.total >= (having?.minConversions ?? 0) &&
              summary.unattributed >= (having?.minUnattributed ?? 0) &&
              (summary.unattributedShare ?? 0) >= (having?.minUnattributedShare ?? 0),
          );
          expect(rows.map(measure)).toEqual(kept.map(measure).toSorted((a, b) => b - a));
          expect(new Set(rows.map((row) => JSON.stringify(named(row))))).toEqual(
            new Set(kept.map((row) => JSON.stringify(named(row)))),
          );
          expect([totalCount, totals]).toEqual([kept.length, counted(conversions)]);
        }
      }
    },
  );

  test('there is no share without conversions', async () => {
    const { attributionSummary } = await service.ask(operations.SummaryDocument, { filter: { ids: [] } });
    expect(attributionSummary).toMatchObject({ total: 0, unattributed: 0, unattributedShare: null });
  });

  test('the number of statements does not depend on the number of groups', async () => {
    const names: string[][] = [];
    for (const first of [1, 1000]) {
      service.takeStatements();
      await service.ask(operations.SummariesDocument, { groupBy: ['STRATEGY', 'DAY'], first });
      names.push(
        service
          .takeStatements()
          .map(({ name }) => name)
          .toSorted(),
      );
    }
    expect(names[1]).toEqual([
      'builds.latest',
      'conversions.page',
      'metrics.all',
      'metrics.all',
      'metrics.all',
      'metrics.count',
      'metrics.page',
      'strategies.byId',
    ]);
    expect(names[0]?.filter((name) => name !== 'strategies.byId')).toEqual(
      names[1]?.filter((name) => name !== 'strategies.byId'),
    );
  });
});

test('attributed conversions have a share of unattributed ones too: 0', async () => {
  const query = `query ($orderBy: AttributionSummaryOrder, $having: AttributionSummaryHaving) {
    attributionSummaries(groupBy: [STRATEGY], filter: { status: [ATTRIBUTED] }, orderBy: $orderBy, having: $having, first: 1000) {
      totalCount nodes { strategyId summary { total } } } }`;
  const groups = async (variables: Record<string, unknown>) => {
    type Data = { attributionSummaries: { totalCount: number; nodes: unknown[] } };
    return (await service.send<Data, typeof variables>(query, variables)).data.attributionSummaries;
  };
  // From daily sums, which have no unattributed conversions.
  const byKey = await groups({ orderBy: { field: 'KEY', direction: 'ASC' } });
  expect(byKey.totalCount).toBeGreaterThan(1);
  expect(await groups({ orderBy: { field: 'UNATTRIBUTED_SHARE' } })).toEqual(byKey);
  for (const having of [{ minUnattributed: 0 }, { minUnattributedShare: 0 }])
    expect(await groups({ orderBy: { field: 'KEY', direction: 'ASC' }, having })).toEqual(byKey);
  expect(await groups({ having: { minUnattributed: 1 } })).toEqual({ totalCount: 0, nodes: [] });
});

test('a bound of the share is rounded down, because a warehouse may cut off the digits of a share', async () => {
  service.takeStatements();
  for (const [minUnattributedShare, sent] of [
    [2 / 3, '0.666666666666'],
    [0, '0.000000000000'],
    [1, '1.000000000000'],
  ] as const) {
    await service.ask(operations.SummariesDocument, { groupBy: ['DAY'], having: { minUnattributedShare } });
    const page = service.takeStatements().find(({ name }) => name === 'metrics.page');
    expect(page?.parameters).toContain(sent);
  }
});

test.each([-0.1, 1.1])('a bound of %s is refused, because a share is from 0 to 1', async (minUnattributedShare) => {
  const { status, errors } = await service.send(operations.SummariesDocument, {
    groupBy: ['DAY'],
    having: { minUnattributedShare },
  });
  expect(status).toBe(400);
  expect(errors?.[0]?.message).toContain('must be from 0 to 1');
});

test.each([
  ['no dimension', [], 'must have at least one dimension'],
  ['a dimension twice', ['DAY', 'DAY'], 'has a duplicate dimension'],
])('%s is refused', async (_name, groupBy, problem) => {
  const { status, errors } = await service.send(operations.SummariesDocument, { groupBy: groupBy as never });
  expect(status).toBe(400);
  expect(errors?.[0]?.message).toContain(problem);
});
