import { afterAll, beforeAll, expect, test } from 'vitest';
import { lookUpPeriods } from '../../src/db/warehouse/look-up-periods.ts';
import { microsecondsBetween } from '../../src/domain/instant.ts';
import * as operations from '../generated/operations.ts';
import { openTestService, type TestService } from '../support/service.ts';

const years = ['2021', '2022', '2023', '2024', '2025'];
const loadedAt = '2025-12-31T00:00:00.000000Z';

/** A conversion of March and one of April per year, each two days after its click. */
const conversions = years.flatMap((year) =>
  ['03', '04'].map((month) => ({
    id: `${year}-${month}`,
    clickedAt: `${year}-${month}-01T00:00:00.000000Z`,
    convertedAt: `${year}-${month}-03T00:00:00.000000Z`,
  })),
);

let service: TestService;
beforeAll(async () => {
  const world = {
    strategies: [{ id: '1', name: null, tune_offer_id: '10', created_at: '2020-01-01T00:00:00.000000Z' }],
    iterations: [{ iteration_id: '11', strategy_id: '1', name: null, created_at: '2020-01-01T00:00:00.000000Z' }],
    campaigns: [{ id: '100', name: null, adaction_id: '10' }],
    clicks: conversions.map(({ id, clickedAt }) => ({
      click_id: `c-${id}`,
      campaign_id: '100',
      timestamp: clickedAt,
      iteration_id: null,
      loaded_at: loadedAt,
    })),
    events: conversions.map(({ id, convertedAt }) => ({
      event_id: id,
      event_type: 'goal_complete',
      click_id: `c-${id}`,
      goal_reference_id: 'g1',
      payout: '1.0000',
      timestamp: convertedAt,
      loaded_at: loadedAt,
    })),
  };
  service = await openTestService(world, '2026-01-01T00:00:00.000000Z');
});
afterAll(() => service?.close());

async function read(ids: readonly string[] | null) {
  service.takeStatements();
  const { conversions: page } = await service.ask(operations.LiveRowsDocument, { first: 100, ids: ids && [...ids] });
  const statements = service.takeStatements().filter(({ name }) => name === 'live.events' || name === 'live.clicks');
  return { nodes: page.nodes, statements };
}

test('a source is read in few short periods, whatever the conversions of a request', async () => {
  const { nodes, statements } = await read(null);
  expect(statements.map(({ name }) => name).toSorted()).toEqual([
    ...new Array(3).fill('live.clicks'),
    ...new Array(3).fill('live.events'),
  ]);
  for (const { parameters } of statements) {
    const [from = '', to = ''] = parameters.slice(-2).map(String);
    expect(Number(microsecondsBetween(from, to)) / 86_400_000_000).toBeLessThanOrEqual(40);
  }
  const read3 = nodes.filter(({ explanation }) => explanation?.live?.clickCopies === 1).map(({ id }) => id);
  expect(read3).toEqual(conversions.slice(4).map(({ id }) => id));
  const unread = nodes.filter(({ explanation }) => explanation?.live === null);
  expect(unread.map(({ id }) => id)).toEqual(conversions.slice(0, 4).map(({ id }) => id));
  expect(new Set(unread.map(({ explanation }) => explanation?.liveUnavailable))).toEqual(
    new Set([
      'The conversion is too far in time from others in the request: the source tables are read for at most 3 periods of 40 days, the ' +
        'latest first. Ask for fewer conversions, or for some of the same time.',
    ]),
  );
});

test('an old conversion is read if it is asked for alone', async () => {
  const { nodes, statements } = await read(['2021-03']);
  expect(nodes[0]?.explanation).toMatchObject({ live: { eventCopies: 1, clickCopies: 1 }, liveUnavailable: null });
  expect(statements).toHaveLength(2);
});

test('a look-up joins the first period that it fits into, and else begins one', () => {
  const day = (number: number) => new Date(Date.UTC(2026, 0, number)).toISOString().replace('Z', '000Z');
  const lookUp = (id: string, from: number, to: number) => ({ id, from: day(from), to: day(to) });
  const lookUps = [
    lookUp('a', 50, 56),
    lookUp('b', 30, 63),
    lookUp('c', 60, 90),
    lookUp('d', 0, 6),
    lookUp('e', 51, 52),
  ];
  const periods = lookUpPeriods(lookUps).map((each) => [each.from, each.to, each.lookUps.map(({ id }) => id).join('')]);
  expect(periods).toEqual([
    [day(50), day(90), 'cae'],
    [day(30), day(63), 'b'],
    [day(0), day(6), 'd'],
  ]);
  expect(lookUpPeriods([])).toEqual([]);
});
