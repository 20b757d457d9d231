import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareIds } from '../../src/domain/ids.ts';
import { driftChange, driftKindsOf, findDrift, type HeldMetrics, selected } from '../../src/push/drift/drift.ts';
import type { Receipt } from '../../src/push/ledger.ts';
import { compareChanges } from '../../src/push/plan/largest-changes.ts';
import type { BuiltIteration } from '../../src/push/types.ts';
import { noValues } from '../../src/push/values.ts';
import { paged, snapshots } from '../support/push-doubles.ts';

const createdAt = '2026-01-01T00:00:00.000000Z';
const heldOf = ({ iterationId, strategyId, values }: BuiltIteration, version = 1): HeldMetrics => ({
  ...{ iterationId, strategyId, values, version },
});
const receiptOf = (row: BuiltIteration, version = 1): Receipt => ({
  ...row,
  version,
  peakConversions: row.values.conversions,
  runId: 'r1',
  acceptedAt: createdAt,
});

const row = (clicks: number): BuiltIteration => ({
  ...{ iterationId: '7', strategyId: '1', createdAt },
  values: { ...noValues, clicks },
});

describe('an iteration', () => {
  test.each([
    ['has the same values everywhere', heldOf(row(5)), receiptOf(row(5)), row(5), []],
    [
      'was written otherwise',
      heldOf(row(5)),
      receiptOf({ ...row(5), values: { ...row(5).values, payout: '0' } }),
      row(5),
      [],
    ],
    ['is unknown to AdSuite and has no activity', null, null, row(0), []],
    ['is gone from the build and from AdSuite', null, receiptOf(row(0)), null, []],
    ['was not pushed yet', null, null, row(5), ['BEHIND']],
    ['has a newer build', heldOf(row(5)), receiptOf(row(5)), row(6), ['BEHIND']],
    ['was lost in AdSuite', null, receiptOf(row(5)), row(5), ['LOST', 'BEHIND']],
    ['was changed in AdSuite', heldOf(row(4)), receiptOf(row(5)), row(5), ['CHANGED', 'BEHIND']],
    ['went back to an older version', heldOf(row(4), 1), receiptOf(row(5), 2), row(5), ['CHANGED', 'BEHIND']],
    ['was sent without an answer', heldOf(row(6), 2), receiptOf(row(5)), row(6), ['UNRECEIPTED']],
    ['was sent by another service', heldOf(row(6)), null, null, ['UNRECEIPTED', 'BEHIND']],
  ])('%s', (_, held, receipt, built, kinds) => {
    expect(driftKindsOf({ held, receipt, built })).toEqual(kinds);
  });
});

test('every iteration of any side is compared once, for any page sizes; the first are listed, all are counted', async () => {
  const size = fc.integer({ min: 1, max: 4 });
  await fc.assert(
    fc.asyncProperty(
      snapshots,
      snapshots,
      snapshots,
      size,
      size,
      size,
      fc.nat(4),
      async (a, b, c, one, two, three, first) => {
        const held = a.map((each) => heldOf(each));
        const receipts = b.map((each) => receiptOf(each));
        const report = await findDrift({
          ...{ held: paged(held, one), receipts: paged(receipts, two), metrics: paged(c, three), first, after: null },
        });
        const ids = [...new Set([...a, ...b, ...c].map(({ iterationId }) => iterationId))].sort(compareIds);
        const byId = <Row extends { iterationId: string }>(rows: readonly Row[], id: string) =>
          rows.find(({ iterationId }) => iterationId === id) ?? null;
        const expected = ids
          .map((id) => ({ held: byId(held, id), receipt: byId(receipts, id), built: byId(c, id), iterationId: id }))
          .map((sides) => ({ ...sides, kinds: driftKindsOf(sides) }))
          .filter(({ kinds }) => kinds.length > 0);
        expect(report.compared).toBe(ids.length);
        const inOrder = expected.toSorted((one, other) => compareChanges(driftChange(one), driftChange(other)));
        expect(report.rows).toEqual(inOrder.slice(0, first));
        expect(report.hasNextPage).toBe(inOrder.length > first);
        for (const [kind, count] of Object.entries(report.counts)) {
          expect(expected.filter(({ kinds }) => (kinds as string[]).includes(kind)).length, kind).toBe(count);
        }
      },
    ),
  );
});

test('what AdSuite has is filtered by the selection', async () => {
  const rows = [heldOf({ ...row(1), iterationId: '1' }), heldOf({ ...row(1), iterationId: '2', strategyId: '2' })];
  const ids = async (iterationIds: string[] | null, strategyIds: string[] | null) => {
    const found: string[] = [];
    for await (const page of selected(paged(rows, 1), { iterationIds, strategyIds })) {
      found.push(...page.map(({ iterationId }) => iterationId));
    }
    return found;
  };
  expect(await ids(null, null)).toEqual(['1', '2']);
  expect(await ids(['2', '3'], null)).toEqual(['2']);
  expect(await ids(null, ['1'])).toEqual(['1']);
  expect(await ids(['2'], ['1'])).toEqual([]);
});

test('pages of AdSuite that are out of order are an error', async () => {
  const held = [heldOf({ ...row(1), iterationId: '10' }), heldOf({ ...row(1), iterationId: '9' })];
  const none = () => paged([], 1);
  await expect(
    findDrift({ held: paged(held, 1), receipts: none(), metrics: none(), first: 1, after: null }),
  ).rejects.toThrow('AdSuite: iteration 9 comes after 10');
});
