import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MetricsFill } from '../../src/db/snapshot/facts.ts';
import { RowTable } from '../../src/db/snapshot/row-table.ts';
import { atOnce, inTurns, rowsPerStep, type Steps, sorted } from '../../src/db/snapshot/steps.ts';
import { compareIds } from '../../src/domain/ids.ts';

/** The number of steps of work. */
function stepsOf(work: Steps<unknown>): number {
  let steps = 1;
  while (!work.next().done) steps += 1;
  return steps;
}

test('numbers are sorted as at once, and equal ones stay in their order', () => {
  const lists = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(lists, fc.integer({ min: 1, max: 5 * rowsPerStep }), (keys, length) => {
      const compare = (one: number, other: number) =>
        (keys[one % keys.length] as number) - (keys[other % keys.length] as number);
      const numbers = Int32Array.from({ length }, (_, index) => index);
      expect(atOnce(sorted(numbers, compare))).toEqual(Int32Array.from([...numbers].sort(compare)));
    }),
    { numRuns: 30 },
  );
});

test('a table is made in steps with all its orders, so that no request sorts it', () => {
  const count = 20 * rowsPerStep;
  const rows = Array.from({ length: count }, (_, index) => ({ id: `${index}`, offer: `${(index * 7919) % count}` }));
  let reads = 0;
  const value = (row: { readonly offer: string }) => {
    reads += 1;
    return row.offer;
  };
  const make = () => RowTable.of(rows, { OFFER: { value, compare: compareIds, isComparable: () => true } });
  // At least for the index, for the parts that are sorted, and for each of the five merges.
  expect(stepsOf(make())).toBeGreaterThan((7 * count) / rowsPerStep);
  const table = atOnce(make());
  reads = 0;
  const page = table.page(
    { candidates: null, matches: () => true },
    { field: 'OFFER', direction: 'DESC' },
    { first: 2, after: null },
  );
  expect(page?.rows.map(({ offer }) => offer)).toEqual([`${count - 1}`, `${count - 2}`]);
  expect(reads).toBe(0);
});

test('daily sums are made in steps, also of few iterations with many rows', () => {
  const [iterations, days] = [4, 5 * rowsPerStep];
  const rows = iterations * days;
  const counts = {
    distinguishesCase: true,
    ...{ strategies: 0, iterations, campaigns: 0, clicks: 0, clickSum: 0, nameBytes: 0 },
    ...{ metrics: rows, conversions: rows, payout: `${rows}.0000` },
  };
  const fill = new MetricsFill(counts, []);
  const time = '2026-01-01T00:00:00.000000Z';
  const sums = { conversions: '1', payout: '1.0000', first_converted_at: time, last_converted_at: time };
  for (let row = 0; row < rows; row += 1) {
    const iteration_id = `${Math.floor(row / days)}`;
    fill.add({ iteration_id, strategy_id: '1', goal_reference_id: null, day: '2026-01-01', ...sums });
  }
  expect(stepsOf(fill.finish(counts))).toBeGreaterThan(rows / rowsPerStep);
});

test('requests have their turn during long work', async () => {
  let isOver = false;
  let turns = 0;
  const request = () => {
    turns += 1;
    if (!isOver) setImmediate(request);
  };
  setImmediate(request);
  function* work(): Steps<string> {
    for (const end = performance.now() + 50; performance.now() < end; ) yield;
    return 'done';
  }
  expect(await inTurns(work())).toBe('done');
  isOver = true;
  expect(turns).toBeGreaterThan(3);
});
