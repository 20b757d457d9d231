import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openTestService } from '../support/service.ts';
import { type RawWorld, smallWorld } from '../support/warehouses.ts';

// The filter aroundBoundary, to the microsecond.

const [begin, end] = ['2026-01-10T00:00:00.000000Z', '2026-01-20T00:00:00.000000Z'];
const seconds = 3600;

/** The instant so many seconds and microseconds after another; both may be negative. */
function moved(instant: string, by: number, microseconds: number): string {
  const all = BigInt(Date.parse(instant) + by * 1000) * 1000n + BigInt(microseconds);
  return `${new Date(Number(all / 1000n)).toISOString().slice(0, -1)}${String(all % 1000n).padStart(3, '0')}Z`;
}

/** The clicks by their ids: when, the iteration that each names, and whether it is found. */
const clicks: Readonly<Record<string, { at: string; iteration: string; isFound: boolean }>> = {
  'before the beginning, at the limit': { at: moved(begin, -seconds, 0), iteration: '1', isFound: true },
  'before the beginning, over the limit': { at: moved(begin, -seconds, -1), iteration: '1', isFound: false },
  'after the beginning, at the limit': { at: moved(begin, seconds, 0), iteration: '1', isFound: true },
  'after the beginning, over the limit': { at: moved(begin, seconds, 1), iteration: '1', isFound: false },
  'before the end, at the limit': { at: moved(end, -seconds, 0), iteration: '1', isFound: true },
  'before the end, over the limit': { at: moved(end, -seconds, -1), iteration: '1', isFound: false },
  'after the end, at the limit': { at: moved(end, seconds, 0), iteration: '1', isFound: true },
  'after the end, over the limit': { at: moved(end, seconds, 1), iteration: '1', isFound: false },
  'after the beginning of one without an end': { at: moved(end, seconds, 0), iteration: '2', isFound: true },
  'over the limit of one without an end': { at: moved(end, seconds, 1), iteration: '2', isFound: false },
  'at the other boundary of the strategy': { at: begin, iteration: '2', isFound: false },
};

const world: RawWorld = {
  strategies: [{ id: '1', name: 'S', tune_offer_id: '10', created_at: begin }],
  iterations: [begin, end].map((created_at, index) => ({
    iteration_id: String(index + 1),
    strategy_id: '1',
    name: null,
    created_at,
  })),
  campaigns: [{ id: '5', name: 'C', adaction_id: '10' }],
  clicks: Object.entries(clicks).map(([click_id, { at, iteration }]) => ({
    click_id,
    campaign_id: '5',
    timestamp: at,
    iteration_id: iteration,
    loaded_at: '2026-01-25T00:00:00Z',
  })),
  events: Object.keys(clicks).map((click_id) => ({
    event_id: click_id,
    event_type: 'goal_complete',
    click_id,
    goal_reference_id: 'g',
    payout: '1',
    timestamp: '2026-01-24T00:00:00Z',
    loaded_at: '2026-01-25T00:00:00Z',
  })),
};

let service: Awaited<ReturnType<typeof openTestService>>;
beforeAll(async () => {
  service = await openTestService(world, '2026-01-26T00:00:00Z');
});
afterAll(() => service.close());

test('the limits before and after the beginning and the end belong to the range', async () => {
  const { data } = await service.send<{ conversions: { nodes: { id: string }[] } }, never>(
    `{ conversions(filter: { aroundBoundary: ${seconds} }, first: 100) { nodes { id } } }`,
  );
  const found = Object.entries(clicks).filter(([, { isFound }]) => isFound);
  expect(data.conversions.nodes.map(({ id }) => id).toSorted()).toEqual(found.map(([id]) => id).toSorted());
});

test('numbers around a boundary are never final, because the next iteration changes them', async () => {
  const growing = await openTestService(smallWorld(3), '2026-01-03T22:00:00Z');
  onTestFinished(() => growing.close());
  const period = '{ from: "2026-01-03T15:00:00Z", to: "2026-01-03T16:00:00Z" }';
  const numbers = async (filter: string) => {
    const { data } = await growing.send<{ metrics: { nodes: { metrics: Numbers }[]; totals: Numbers } }, never>(
      `{ metrics(groupBy: [HOUR], filter: { convertedBetween: ${period} ${filter} }) {
        nodes { metrics { conversions isFinal finalThrough } } totals { conversions isFinal finalThrough } } }`,
    );
    return [data.metrics.totals, ...data.metrics.nodes.map(({ metrics }) => metrics)];
  };
  const around = 'aroundBoundary: 52000';
  const final = { isFinal: true, finalThrough: '2026-01-03T16:00:00.000000Z' };
  const open = { isFinal: false, finalThrough: null };
  const before = await numbers(around);
  const all = await numbers('');
  expect([before[0], all[0], all[1]]).toMatchObject([open, final, final]);
  for (const each of before) expect(each).toMatchObject(open);
  await growing.database.query(
    `insert into adsuite_mirror.iterations (iteration_id, strategy_id, name, created_at)
     values (299, 2, 'next', timestamptz '2026-01-03T22:30:00Z')`,
  );
  await growing.database.build('2026-01-03T23:00:00Z');
  expect(await numbers('')).toEqual(all);
  const after = await numbers(around);
  expect(after[0]?.conversions).toBeGreaterThan(before[0]?.conversions ?? 0);
  for (const each of after) expect(each).toMatchObject(open);
});

interface Numbers {
  readonly conversions: number;
  readonly isFinal: boolean;
  readonly finalThrough: string | null;
}
