import { expect, test } from 'vitest';
import { ClicksFill, IterationRowsFill } from '../../src/db/snapshot/facts.ts';
import { atOnce } from '../../src/db/snapshot/steps.ts';

const iterations = [
  { iteration_id: '1', strategy_id: '7', row_count: '2' },
  { iteration_id: '2', strategy_id: '7', row_count: '1' },
];
const counts = {
  distinguishesCase: true,
  ...{ strategies: 0, iterations: 2, campaigns: 0, metrics: 0, nameBytes: 0, conversions: 0, payout: '0.0000' },
  ...{ clicks: 3, clickSum: 6 },
};

function counted(rows = iterations): IterationRowsFill {
  const fill = new IterationRowsFill('iteration_clicks_daily');
  for (const row of rows) fill.add(row);
  return fill;
}

const row = (iteration_id: string, day: number, clicks: number, strategy_id = '7') => ({
  iteration_id,
  strategy_id,
  day: `2026-01-0${day}`,
  clicks: `${clicks}`,
});

test('rows that come by day are put in the order of their iterations', () => {
  const fill = new ClicksFill(counts, counted());
  for (const each of [row('1', 1, 1), row('2', 1, 2), row('1', 2, 3)]) fill.add(each);
  const clicks = atOnce(fill.finish(counts));
  const days = (id: string) =>
    clicks.byDay(
      ['ITERATION'],
      { iterationIds: null, strategyIds: null, period: null, isDaily: true, timeZone: null },
      [id],
    );
  expect(days('1')).toEqual(
    new Map([
      ['2026-01-01', 1],
      ['2026-01-02', 3],
    ]),
  );
  expect(days('2')).toEqual(new Map([['2026-01-01', 2]]));
});

test('a table that is not as it was counted has no place in memory', () => {
  const other = 'iteration_clicks_daily has other rows than were counted';
  const fill = new ClicksFill(counts, counted());
  fill.add(row('2', 1, 1));
  expect(() => fill.add(row('2', 2, 1))).toThrow(other);
  expect(() => fill.add(row('3', 2, 1))).toThrow(other);
  expect(() => fill.add(row('1', 2, 1, '8'))).toThrow(other);
  expect(() => atOnce(fill.finish(counts))).toThrow('iteration_clicks_daily has fewer rows than were counted');
  expect(() => new ClicksFill(counts, counted(iterations.slice(1)))).toThrow('changed while it was counted');
  expect(() => counted([...iterations, { iteration_id: '2', strategy_id: '8', row_count: '1' }])).toThrow(
    'iteration 2 has two strategies in iteration_clicks_daily',
  );
});
