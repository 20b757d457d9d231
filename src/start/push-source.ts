import type { Warehouse } from '../db/warehouse/connect.ts';
import { newestBuild, tablesOf } from '../db/warehouse/queries/builds.ts';
import {
  conversionsOfIterations,
  type IterationTotals,
  iterationTotals,
} from '../db/warehouse/queries/push-metrics.ts';
import { qualityOfBuild } from '../db/warehouse/queries/quality.ts';
import { strategiesByIds } from '../db/warehouse/queries/strategies.ts';
import { decimal, tenThousandths } from '../domain/decimal.ts';
import { instantOrNull, isStoredInstant } from '../domain/instant.ts';
import { TimeOutOfRange } from '../errors.ts';
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
  const of = ({ tables }: SourceBuild) => warehouse.ofBuild(async () => tables);
  return {
    build: () => sourceBuild(warehouse),
    quality: (buildId) => qualityOfBuild(warehouse, buildId),
    async *metrics(selection, build) {
      for await (const page of readAhead(iterationTotals(of(build), selection, pageSize))) {
        for (let from = 0; from < page.length; from += iterationsPerPage) {
          yield page.slice(from, from + iterationsPerPage).map(builtIteration);
        }
      }
    },
    strategies: async (ids, build) => (await strategiesByIds(of(build), ids)).map(({ id }) => id),
    conversions: () => conversionsOfIterations(warehouse.ofBuild(async () => null)),
    within: (signal) => pushSource(warehouse.within(signal), pageSize),
  };
}

async function sourceBuild(warehouse: Warehouse): Promise<SourceBuild | null> {
  const row = await newestBuild(warehouse);
  return (
    row && {
      id: row.build_id,
      version: Number(row.build_number),
      asOf: pushable(row.as_of, { type: 'Build', id: row.build_id }, 'as_of'),
      mirrorRefreshedAt: instantOrNull(row.mirror_refreshed_at),
      conversions: Number(row.conversions),
      attributed: Number(row.attributed),
      tables: tablesOf(row),
    }
  );
}

/**
 * A time that a push may send or record.
 *
 * @param text what `instantFromPostgres` made of a stored time.
 * @throws {TimeOutOfRange} if RFC 3339 can't express it: infinity, or a year outside 1 to 9999. Can't be overridden: AdSuite would
 *   reject it.
 */
function pushable(text: string, row: { readonly type: string; readonly id: string }, column: string): string {
  if (isStoredInstant(text)) return text;
  throw new TimeOutOfRange(row, column, text, 'Nothing was sent.');
}

function builtIteration(totals: IterationTotals): BuiltIteration {
  const { iterationId, strategyId } = totals;
  const createdAt = pushable(totals.createdAt, { type: 'Iteration', id: iterationId }, 'created_at');
  return { iterationId, strategyId, createdAt, values: valuesOf(totals) };
}

/** Creates no intermediate objects: reading the warehouse is most of the cost of a plan. */
function valuesOf({ iterationId, clicks, firstConversionAt, lastConversionAt, goals }: IterationTotals): MetricsValues {
  const row = { type: 'Iteration', id: iterationId };
  if (firstConversionAt !== null) pushable(firstConversionAt, row, 'first_converted_at');
  if (lastConversionAt !== null) pushable(lastConversionAt, row, 'last_converted_at');
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
