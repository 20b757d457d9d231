import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareIds } from '../../src/domain/ids.ts';
import type { Receipt } from '../../src/push/ledger.ts';
import { changedRows, PlanComparison, type PlanEntry } from '../../src/push/plan/plan.ts';
import type { BuiltIteration, PushSelection } from '../../src/push/types.ts';
import { areSameValues, noValues } from '../../src/push/values.ts';
import { paged, snapshots } from '../support/push-doubles.ts';

const everything: PushSelection = { iterationIds: null, strategyIds: null };

async function plan(
  metrics: readonly BuiltIteration[],
  receipts: readonly Receipt[],
  { sizes = [2, 3], selection = everything, buildId = 'b1' }: Partial<Options> = {},
) {
  const entries: PlanEntry[] = [];
  const comparison = new PlanComparison({
    buildId,
    selection,
    metrics: paged(metrics, sizes[0]),
    receipts: paged(receipts, sizes[1]),
    movedIterations: async () => new Set(),
  });
  for await (const page of comparison.pages()) entries.push(...page);
  return { ...comparison.summary(), entries, rows: changedRows(entries) };
}

interface Options {
  readonly sizes: readonly [number, number];
  readonly selection: PushSelection;
  readonly buildId: string;
}

const receiptOf = ({ iterationId, strategyId, createdAt, values }: BuiltIteration): Receipt => ({
  ...{ iterationId, strategyId, createdAt, values, peakConversions: values.conversions },
  ...{ version: 1, runId: 'r1', acceptedAt: '2026-02-01T00:00:00.000000Z' },
});

/** The receipts after AdSuite has accepted every row of a plan. */
function applied(receipts: readonly Receipt[], rows: Awaited<ReturnType<typeof plan>>['rows']): Receipt[] {
  const after = new Map(receipts.map((receipt) => [receipt.iterationId, receipt]));
  for (const { new: values, ...row } of rows) after.set(row.iterationId, receiptOf({ ...row, values }));
  return [...after.values()].sort((one, other) => compareIds(one.iterationId, other.iterationId));
}

const receiptLists = snapshots.map((rows) => rows.map(receiptOf));
const sizes = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }));

describe('a plan', () => {
  test('applied to the receipts gives the build, and zeros for iterations that are gone', async () => {
    await fc.assert(
      fc.asyncProperty(snapshots, receiptLists, async (metrics, receipts) => {
        const { rows } = await plan(metrics, receipts);
        const after = new Map(applied(receipts, rows).map((receipt) => [receipt.iterationId, receipt.values]));
        for (const { iterationId, values } of metrics) {
          expect(areSameValues(after.get(iterationId) ?? noValues, values), iterationId).toBe(true);
          after.delete(iterationId);
        }
        for (const values of after.values()) expect(values).toEqual(noValues);
      }),
    );
  });

  test('has a row for exactly the iterations that differ', async () => {
    await fc.assert(
      fc.asyncProperty(snapshots, receiptLists, async (metrics, receipts) => {
        const { rows, totals } = await plan(metrics, receipts);
        const built = new Map(metrics.map((row) => [row.iterationId, row]));
        const accepted = new Map(receipts.map((row) => [row.iterationId, row]));
        const differing = [...new Set([...built.keys(), ...accepted.keys()])].sort(compareIds).filter((id) => {
          const [now, before] = [built.get(id), accepted.get(id)];
          if (!before) return Boolean(now && (now.values.clicks > 0 || now.values.conversions > 0));
          if (now && (now.strategyId !== before.strategyId || now.createdAt !== before.createdAt)) return true;
          return !areSameValues(before.values, now?.values ?? noValues);
        });
        expect(rows.map((row) => row.iterationId)).toEqual(differing);
        expect(totals.changed).toBe(differing.length);
        for (const row of rows) expect(row.old).toEqual(accepted.get(row.iterationId)?.values ?? null);
      }),
    );
  });

  test('is empty once AdSuite has accepted it', async () => {
    await fc.assert(
      fc.asyncProperty(snapshots, receiptLists, async (metrics, receipts) => {
        const first = await plan(metrics, receipts);
        const second = await plan(metrics, applied(receipts, first.rows));
        expect(second.rows).toEqual([]);
        expect(second.totals.changed).toBe(0);
        expect(second.totals.oldPayout).toBe(second.totals.newPayout);
      }),
    );
  });

  test('with resend has everything that AdSuite was ever sent, and what it must be sent', async () => {
    await fc.assert(
      fc.asyncProperty(snapshots, receiptLists, async (metrics, receipts) => {
        const first = await plan(metrics, receipts);
        const again = await plan(metrics, receipts, { selection: { ...everything, resend: true } });
        const sent = [...receipts, ...first.rows].map((row) => row.iterationId);
        expect(again.rows.map((row) => row.iterationId)).toEqual([...new Set(sent)].sort(compareIds));
        expect(again.planHash).not.toBe(first.planHash);
        expect(await plan(metrics, receipts, { selection: { ...everything, resend: false } })).toEqual(first);
      }),
    );
  });

  test('is the same, hash included, for any page sizes and any order of the selection', async () => {
    await fc.assert(
      fc.asyncProperty(snapshots, receiptLists, sizes, sizes, async (metrics, receipts, one, other) => {
        const ofOne = await plan(metrics, receipts, {
          sizes: one,
          selection: { ...everything, strategyIds: ['10', '9'] },
        });
        const ofOther = await plan(metrics, receipts, {
          sizes: other,
          selection: { ...everything, strategyIds: ['9', '10', '9'] },
        });
        expect(ofOther).toEqual(ofOne);
      }),
    );
  });

  test('has a different hash if the build, the selection or any row differs', async () => {
    await fc.assert(
      fc.asyncProperty(snapshots, receiptLists, fc.nat(), async (metrics, receipts, at) => {
        const { planHash, rows } = await plan(metrics, receipts);
        const hashes = [
          (await plan(metrics, receipts, { buildId: 'b2' })).planHash,
          (await plan(metrics, receipts, { selection: { ...everything, iterationIds: [] } })).planHash,
          (await plan(metrics, receipts, { selection: { ...everything, strategyIds: [] } })).planHash,
        ];
        const row = metrics[at % metrics.length];
        if (row) {
          const changed = { ...row, values: { ...row.values, clicks: row.values.clicks + 100 } };
          const others = metrics.map((each) => (each === row ? changed : each));
          hashes.push((await plan(others, receipts)).planHash);
        }
        const planned = rows[at % rows.length];
        const old = receipts.find((receipt) => receipt.iterationId === planned?.iterationId);
        if (old) {
          const others = receipts.map((each) =>
            each === old ? { ...old, values: { ...old.values, clicks: 777 } } : each,
          );
          hashes.push((await plan(metrics, others)).planHash);
        }
        expect(new Set([planHash, ...hashes]).size).toBe(1 + hashes.length);
      }),
    );
  });

  test('has a different hash if only the created_at of a row differs', async () => {
    const values = { ...noValues, clicks: 1 };
    const created = async (createdAt: string) =>
      (await plan([{ iterationId: '1', strategyId: '1', createdAt, values }], [])).planHash;
    expect(await created('2026-01-01T00:00:00.000001Z')).not.toBe(await created('2026-01-01T00:00:00.000000Z'));
  });

  test('adds up exactly, beyond the precision of a float', async () => {
    const rows = ['1', '2', '3'].map((iterationId) => ({
      ...{ iterationId, strategyId: '1', createdAt: '2026-01-01T00:00:00.000000Z' },
      values: { ...noValues, clicks: 1, conversions: 2, payout: '123456789012345678.0001' },
    }));
    const { totals } = await plan(rows, rows.slice(1).map(receiptOf));
    expect(totals).toEqual({
      ...{ iterations: 3, changed: 1, oldConversions: 4, newConversions: 6 },
      ...{ oldPayout: '246913578024691356.0002', newPayout: '370370367037037034.0003' },
    });
  });
});
