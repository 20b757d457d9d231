import type { MetricsValues, PlannedRow, PlanTotals, PushBuild } from '../../src/push/types.ts';
import { valuesText } from '../../src/push/values.ts';

/** How many rows a batch has in the tests of stores. */
export const batchRows = 3;

/** Values that differ by `conversions`, with every optional part filled. */
export function someValues(conversions: number): MetricsValues {
  const payout = `${conversions}.5000`;
  return {
    clicks: conversions * 10,
    conversions,
    payout,
    firstConversionAt: '2026-02-01T00:00:00.000001Z',
    lastConversionAt: '2026-02-02T00:00:00.999999Z',
    byGoal: [
      { goalReferenceId: 'a "quoted"\ngoal, \\ with ünïcode', conversions, payout },
      { goalReferenceId: null, conversions: 0, payout: '0.0000' },
    ],
  };
}

/** Their text. */
export const someText = (conversions: number): string => valuesText(someValues(conversions));

/** Values of an iteration that had clicks only. */
export const noConversions: MetricsValues = {
  clicks: 3,
  conversions: 0,
  payout: '0.0000',
  firstConversionAt: null,
  lastConversionAt: null,
  byGoal: [],
};

/** A row of a plan; the iteration's id tells its strategy and its values. */
export function plannedRow(iterationId: string, values: MetricsValues = someValues(Number(iterationId))): PlannedRow {
  return {
    iterationId,
    strategyId: String(BigInt(iterationId) % 7n),
    createdAt: '2026-01-08T10:18:24.372261Z',
    old: null,
    new: values,
    oldText: null,
    newText: valuesText(values),
  };
}

/** Rows of the iterations 1 to `count`. */
export function plannedRows(count: number): PlannedRow[] {
  return Array.from({ length: count }, (_, index) => plannedRow(String(index + 1)));
}

/** The build of a number. */
export function buildOf(version: number): PushBuild {
  return { id: `build-${version}`, version, asOf: '2026-02-03T04:05:06.000007Z' };
}

/** The sums of a plan with so many rows; the others are anything. */
export function totalsOf(changed: number): PlanTotals {
  return {
    iterations: changed + 1,
    changed,
    oldConversions: 1,
    newConversions: 2,
    oldPayout: '1.0000',
    newPayout: '2.2500',
  };
}
