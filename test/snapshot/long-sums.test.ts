import { expect, test } from 'vitest';
import { MetricsFill } from '../../src/db/snapshot/facts.ts';
import type { Snapshot } from '../../src/db/snapshot/snapshot.ts';
import { atOnce } from '../../src/db/snapshot/steps.ts';
import type { MetricDimension } from '../../src/db/warehouse/queries/dimensions.ts';
import { snapshotFirst } from '../../src/db/warehouse/snapshot-first.ts';
import { dayNumber, dayText } from '../../src/domain/instant.ts';

const [iterations, days] = [400, 126];
const rows = iterations * days;
const first = dayNumber('2026-01-01') ?? 0;

function manySums() {
  const goals = Array.from({ length: 100 }, (_, index) => `g${String(index).padStart(2, '0')}`);
  const sums = {
    distinguishesCase: true,
    strategies: 0,
    iterations,
    campaigns: 0,
    clicks: 0,
    clickSum: 0,
    nameBytes: 0,
  };
  const counts = { ...sums, metrics: rows, conversions: 2 * rows, payout: `${rows}.0000` };
  const fill = new MetricsFill(counts, goals);
  for (let iteration = 1; iteration <= iterations; iteration += 1) {
    for (let day = 0; day < days; day += 1) {
      fill.add({
        iteration_id: `${iteration}`,
        strategy_id: `${iteration % 7}`,
        goal_reference_id: goals[day % 100] ?? null,
        day: dayText(first + day),
        conversions: '2',
        payout: '1.0000',
        first_converted_at: '2026-01-01T00:00:00.000001Z',
        last_converted_at: '2026-06-01T00:00:00.000001Z',
      });
    }
  }
  return atOnce(fill.finish(counts));
}

test('sums that would hold up requests are left to the warehouse', () => {
  const metrics = manySums();
  const groups = (dimensions: MetricDimension[], filter = {}) =>
    metrics.count({ dimensions, filter: { isAttributed: true, ...filter } });
  // More than four million possible keys, and more than 50,000 rows.
  expect(groups(['ITERATION', 'GOAL', 'DAY'])).toBeUndefined();
  expect(groups(['ITERATION', 'GOAL', 'DAY'], { strategyIds: ['3'] })).toBe(57 * days);
  expect(groups(['ITERATION', 'DAY'])).toBe(rows);
  expect(groups(['GOAL', 'STRATEGY'])).toBe(700);
  expect(metrics.totals({ dimensions: [], filter: { isAttributed: true } }, [])).toMatchObject({
    key: [],
    conversions: 2 * rows,
    payout: `${rows}.0000`,
    firstConversionAt: '2026-01-01T00:00:00.000001Z',
    lastConversionAt: '2026-06-01T00:00:00.000001Z',
  });
});

test('a request with many sums leaves the rest of them to the warehouse', async () => {
  const metrics = manySums();
  const snapshot = { metrics, clicks: null } as unknown as Snapshot;
  const build = { build_id: 'a' } as never;
  const { ask, askForSums } = snapshotFirst({
    build: async () => build,
    snapshots: { of: () => snapshot, counted: () => {} } as never,
    reads: { snapshot: 0 },
  });
  await ask(
    () => 'the build is known',
    async () => '',
  );
  const begun = metrics.work;
  const query = { dimensions: ['DAY' as const], filter: { isAttributed: true } };
  const answers = Array.from({ length: 3000 }, (_, index) =>
    askForSums<unknown>(
      () => metrics.totals(query, [dayText(first + (index % days))]),
      () => Promise.resolve('by the warehouse'),
    ),
  );
  // Each looks at all iterations, and at a row of each.
  expect(answers[0]).toMatchObject({ conversions: 2 * iterations });
  expect(answers.at(-1)).toBeInstanceOf(Promise);
  expect(metrics.work - begun).toBeGreaterThanOrEqual(1_000_000);
  expect(metrics.work - begun).toBeLessThan(1_000_000 + 10 * iterations);
  // Look-ups by id cost nothing.
  expect(
    ask(
      () => 'in memory',
      () => Promise.resolve('by the warehouse'),
    ),
  ).toBe('in memory');
});
