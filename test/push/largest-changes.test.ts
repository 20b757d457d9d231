import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tenThousandths } from '../../src/domain/decimal.ts';
import { compareIds } from '../../src/domain/ids.ts';
import { driftChange, findDrift, type HeldMetrics } from '../../src/push/drift/drift.ts';
import {
  type ChangePosition,
  changePage,
  compareChanges,
  LargestChanges,
  ValuesChange,
} from '../../src/push/plan/largest-changes.ts';
import type { MetricsValues } from '../../src/push/types.ts';
import { memoryLedger, paged, snapshots, someValues } from '../support/push-doubles.ts';
import { everything, iteration, PushFixture } from '../support/push-runs-suite.ts';

const absolute = (value: bigint): bigint => (value < 0n ? -value : value);

/** The order as it is documented, computed with whole numbers. */
function sizeOf(one: MetricsValues | null, other: MetricsValues | null): readonly bigint[] {
  const of = (key: 'conversions' | 'clicks') => absolute(BigInt((one?.[key] ?? 0) - (other?.[key] ?? 0)));
  const payout = absolute(tenThousandths(one?.payout ?? '0') - tenThousandths(other?.payout ?? '0'));
  return [of('conversions'), payout, of('clicks')];
}

function compareSizes(one: readonly bigint[], other: readonly bigint[]): number {
  const at = one.findIndex((value, index) => value !== other[index]);
  return at < 0 ? 0 : (one[at] ?? 0n) > (other[at] ?? 0n) ? -1 : 1;
}

/** Reads all pages. */
async function allPages<Row>(
  read: (after: ChangePosition | null) => Promise<{
    readonly rows: readonly Row[];
    readonly hasNextPage: boolean;
    readonly lastPosition: ChangePosition | null;
  }>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let after: ChangePosition | null = null; ; ) {
    const page = await read(after);
    rows.push(...page.rows);
    if (!page.hasNextPage) return rows;
    // A page that is empty although others follow would be read for ever.
    expect(page.lastPosition).not.toBeNull();
    after = page.lastPosition;
  }
}

test('the first rows after any position are kept, in order, in whatever order they come', () => {
  const change = fc.record({ id: fc.integer({ min: 1, max: 40 }), old: fc.option(someValues), new: someValues });
  fc.assert(
    fc.property(
      fc.uniqueArray(change, { selector: ({ id }) => id, maxLength: 40 }),
      fc.nat(12),
      fc.option(fc.nat()),
      (rows, size, from) => {
        const all = rows.map((row) => new ValuesChange(String(row.id), row.old, row.new));
        const sorted = rows.toSorted((one, other) => {
          const order = compareSizes(sizeOf(one.old, one.new), sizeOf(other.old, other.new));
          return order === 0 ? one.id - other.id : order;
        });
        const start = from === null || sorted.length === 0 ? null : from % sorted.length;
        const after =
          start === null ? null : (all.find(({ iterationId }) => iterationId === String(sorted[start]?.id)) ?? null);
        const largest = new LargestChanges<number>(size, after);
        for (const [index, row] of rows.entries()) largest.add(row.id, all[index] as ChangePosition);
        const expected = sorted.slice(start === null ? 0 : start + 1).map(({ id }) => id);
        expect(changePage(largest)).toMatchObject({
          rows: expected.slice(0, size),
          hasNextPage: expected.length > size,
        });
      },
    ),
  );
});

test('the pages of a plan are the whole plan, the largest change first', async () => {
  await fc.assert(
    fc.asyncProperty(snapshots, snapshots, fc.integer({ min: 1, max: 4 }), async (before, now, first) => {
      const fixture = new PushFixture(memoryLedger());
      fixture.warehouse.build(1, before);
      await fixture.ledger.deliver(await fixture.push({ override: { reason: 'a test' } })).catch(() => undefined);
      fixture.warehouse.build(2, now);
      const { planHash, totals } = await fixture.preview(everything, 0);
      const rows = await allPages((position) => fixture.preview(everything, first, position && { planHash, position }));
      expect(rows).toHaveLength(totals.changed);
      const inOrder = rows.toSorted((one, other) => {
        const order = compareSizes(sizeOf(one.old, one.new), sizeOf(other.old, other.new));
        return order === 0 ? compareIds(one.iterationId, other.iterationId) : order;
      });
      expect(rows).toEqual(inOrder);
      expect(rows).toEqual((await fixture.preview(everything, 100)).rows);
    }),
  );
});

test('a refused push keeps the thousand rows with the largest changes', async () => {
  const fixture = new PushFixture(memoryLedger());
  const rows = Array.from({ length: 1_100 }, (_, index) => iteration(String(index + 1), (index * 7) % 1_100));
  fixture.warehouse.build(1, rows, { asOf: '2026-01-01T00:00:00.000000Z' });
  const runId = await fixture.push();
  expect(await fixture.stateOf(runId)).toBe('REFUSED');
  const kept = await fixture.ledger.rowsOf(runId);
  const largest = (await fixture.preview(everything, 1_000)).rows;
  expect(kept.map((row) => row.iterationId)).toEqual(largest.map((row) => row.iterationId).sort(compareIds));
  expect(kept).toHaveLength(1_000);
  // One has neither a click nor a conversion.
  expect((await fixture.ledger.ledger.find(runId))?.totals.changed).toBe(1_099);
});

test('the pages of a comparison with AdSuite are all differences, the largest first', async () => {
  await fc.assert(
    fc.asyncProperty(snapshots, snapshots, snapshots, fc.integer({ min: 1, max: 4 }), async (a, b, built, first) => {
      const held = a.map((row): HeldMetrics => ({ ...row, version: 1 }));
      const receipts = b.map((row) => ({
        ...{ ...row, version: 1, peakConversions: row.values.conversions },
        ...{ runId: 'r', acceptedAt: '2026-01-01T00:00:00.000000Z' },
      }));
      const read = (size: number, after: ChangePosition | null) =>
        findDrift({ held: paged(held, 2), receipts: paged(receipts, 3), metrics: paged(built, 1), first: size, after });
      const whole = await read(100, null);
      const hashes = new Set<string>();
      const rows = await allPages(async (after) => {
        const page = await read(first, after);
        hashes.add(page.driftHash);
        return page;
      });
      expect(rows).toEqual(whole.rows);
      expect([...hashes]).toEqual([whole.driftHash]);
      expect(rows).toEqual(rows.toSorted((one, other) => compareChanges(driftChange(one), driftChange(other))));
      for (const { iterationId: _, ...sides } of rows) {
        const [actual, accepted, current] = [sides.held?.values, sides.receipt?.values, sides.built?.values];
        const sizes = [sizeOf(actual ?? null, accepted ?? null), sizeOf(actual ?? null, current ?? null)].sort(
          compareSizes,
        );
        const { conversions, payout, clicks } = driftChange({ iterationId: '1', ...sides });
        expect([BigInt(conversions), payout, BigInt(clicks)]).toEqual(sizes[0]);
      }
    }),
  );
});
