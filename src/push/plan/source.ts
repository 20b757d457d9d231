import type { Warehouse } from '../../db/warehouse/connect.ts';
import { type BuildRow, newestBuild } from '../../db/warehouse/queries/builds.ts';
import {
  conversionsOfIterations,
  type IterationTotals,
  iterationTotals,
} from '../../db/warehouse/queries/push-metrics.ts';
import { qualityOfBuild } from '../../db/warehouse/queries/quality.ts';
import { decimal, tenThousandths } from '../../domain/decimal.ts';
import type { BuildQuality } from '../guards/quality.ts';
import type { IterationMetrics, MetricsValues, PushSelection } from '../types.ts';
import { inOrderOfGoals } from '../values.ts';
import { readAhead } from './read-ahead.ts';

/** The warehouse as planning sees it. */
export interface PushSource {
  /** The newest build, looked up anew; null before the first. */
  build(): Promise<BuildRow | null>;
  /** What the checks found in a build, which need not be the newest any more. */
  quality(buildId: string): Promise<BuildQuality>;
  /** Every iteration of the selection, in the order of ids as numbers, page by page. */
  metrics(selection: PushSelection): AsyncIterable<readonly IterationMetrics[]>;
  /** How many conversions all iterations have together. */
  conversions(): Promise<number>;
}

/**
 * How many iterations are handed on at once. A page of the warehouse is larger, for Redshift's sake; what is made of all of
 * it, up to the rows that are recorded, would take several times its memory.
 */
const iterationsAtOnce = 1_000;

/** @param pageSize iterations that are read at once; absent: the query's own. */
export function pushSource(warehouse: Warehouse, pageSize?: number): PushSource {
  return {
    build: () => newestBuild(warehouse),
    quality: (buildId) => qualityOfBuild(warehouse, buildId),
    async *metrics(selection) {
      for await (const page of readAhead(iterationTotals(warehouse, selection, pageSize))) {
        for (let from = 0; from < page.length; from += iterationsAtOnce) {
          yield page.slice(from, from + iterationsAtOnce).map(iterationMetrics);
        }
      }
    },
    conversions: () => conversionsOfIterations(warehouse),
  };
}

function iterationMetrics(totals: IterationTotals): IterationMetrics {
  const { iterationId, strategyId, createdAt } = totals;
  return { iterationId, strategyId, createdAt, values: valuesOf(totals) };
}

/** Without objects in between: reading the warehouse is most of what a plan costs. */
function valuesOf({ clicks, firstConversionAt, lastConversionAt, goals }: IterationTotals): MetricsValues {
  let conversions = 0;
  let payout = 0n;
  for (const goal of goals) {
    conversions += goal.conversions;
    payout += tenThousandths(goal.payout);
  }
  return {
    clicks,
    conversions,
    payout: decimal(payout),
    firstConversionAt,
    lastConversionAt,
    byGoal: inOrderOfGoals(goals),
  };
}
