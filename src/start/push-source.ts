import type { Warehouse } from '../db/warehouse/connect.ts';
import { newestBuild } from '../db/warehouse/queries/builds.ts';
import {
  conversionsOfIterations,
  type IterationTotals,
  iterationTotals,
} from '../db/warehouse/queries/push-metrics.ts';
import { qualityOfBuild } from '../db/warehouse/queries/quality.ts';
import { strategiesByIds } from '../db/warehouse/queries/strategies.ts';
import { decimal, tenThousandths } from '../domain/decimal.ts';
import { readAhead } from '../push/plan/paging.ts';
import type { PushSource, SourceBuild } from '../push/plan/source.ts';
import type { BuiltIteration, MetricsValues } from '../push/types.ts';
import { inOrderOfGoals } from '../push/values.ts';

/**
 * How many iterations the source yields at once. A page of the warehouse is larger, for the sake of Redshift; processing all
 * of it at once, up to the recorded rows, would take several times its memory.
 */
const iterationsPerPage = 1_000;

/**
 * The warehouse as the source of pushes: translates its rows.
 *
 * @param pageSize iterations that are read at once; omitted: the query's default.
 */
export function pushSource(warehouse: Warehouse, pageSize?: number): PushSource {
  return {
    build: () => sourceBuild(warehouse),
    quality: (buildId) => qualityOfBuild(warehouse, buildId),
    async *metrics(selection) {
      for await (const page of readAhead(iterationTotals(warehouse, selection, pageSize))) {
        for (let from = 0; from < page.length; from += iterationsPerPage) {
          yield page.slice(from, from + iterationsPerPage).map(builtIteration);
        }
      }
    },
    strategies: async (ids) => (await strategiesByIds(warehouse, ids)).map(({ id }) => id),
    conversions: () => conversionsOfIterations(warehouse),
  };
}

async function sourceBuild(warehouse: Warehouse): Promise<SourceBuild | null> {
  const row = await newestBuild(warehouse);
  return (
    row && {
      id: row.build_id,
      version: Number(row.build_number),
      asOf: row.as_of,
      mirrorRefreshedAt: row.mirror_refreshed_at,
      conversions: Number(row.conversions),
      attributed: Number(row.attributed),
    }
  );
}

function builtIteration(totals: IterationTotals): BuiltIteration {
  const { iterationId, strategyId, createdAt } = totals;
  return { iterationId, strategyId, createdAt, values: valuesOf(totals) };
}

/** Creates no intermediate objects: reading the warehouse is most of the cost of a plan. */
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
