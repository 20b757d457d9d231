import type { Warehouse } from '../db/warehouse/connect.ts';
import { type BuildRow, newestBuild } from '../db/warehouse/queries/builds.ts';
import {
  conversionsOfIterations,
  type IterationTotals,
  iterationTotals,
} from '../db/warehouse/queries/push-metrics.ts';
import { decimal, tenThousandths } from './decimal.ts';
import type { IterationMetrics, MetricsValues, PushSelection } from './types.ts';
import { inOrderOfGoals } from './values.ts';

/** The warehouse as planning sees it. */
export interface PushSource {
  /** The newest build, looked up anew; null before the first. */
  build(): Promise<BuildRow | null>;
  /** Every iteration of the selection, in the order of ids as numbers, page by page. */
  metrics(selection: PushSelection): AsyncIterable<readonly IterationMetrics[]>;
  /** How many conversions all iterations have together. */
  conversions(): Promise<number>;
}

/** @param pageSize iterations per page; absent: the query's own. */
export function pushSource(warehouse: Warehouse, pageSize?: number): PushSource {
  return {
    build: () => newestBuild(warehouse),
    async *metrics(selection) {
      for await (const page of iterationTotals(warehouse, selection, pageSize)) yield page.map(iterationMetrics);
    },
    conversions: () => conversionsOfIterations(warehouse),
  };
}

function iterationMetrics(totals: IterationTotals): IterationMetrics {
  const { iterationId, strategyId, createdAt } = totals;
  return { iterationId, strategyId, createdAt, values: valuesOf(totals) };
}

function valuesOf({ clicks, goals }: IterationTotals): MetricsValues {
  const [first = null, last = null] = [
    goals.map((goal) => goal.firstConversionAt).toSorted()[0],
    goals
      .map((goal) => goal.lastConversionAt)
      .toSorted()
      .at(-1),
  ];
  return {
    clicks,
    conversions: goals.reduce((sum, goal) => sum + goal.conversions, 0),
    payout: decimal(goals.reduce((sum, goal) => sum + tenThousandths(goal.payout), 0n)),
    firstConversionAt: first,
    lastConversionAt: last,
    byGoal: inOrderOfGoals(
      goals.map(({ goalReferenceId, conversions, payout }) => ({ goalReferenceId, conversions, payout })),
    ),
  };
}
