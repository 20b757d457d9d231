import { sql } from 'kysely';
import type { PreviousPush, Receipt, ReceiptRange } from '../../../push/ledger.ts';
import type { MetricsValues } from '../../../push/types.ts';
import type { LedgerConnection } from '../database.ts';
import { arrayText } from '../values.ts';

/** The receipts of a range, in the order of iterations' ids. */
export async function receiptsIn(db: LedgerConnection, range: ReceiptRange): Promise<Receipt[]> {
  const { after, through, selection, limit } = range;
  const { iterationIds, strategyIds } = selection;
  // Limited before the join: the planner may otherwise join and sort all receipts.
  const page = db
    .selectFrom('ledger.push_receipts')
    .selectAll()
    .$if(after !== null, (query) => query.where('iteration_id', '>', after))
    .$if(through !== null, (query) => query.where('iteration_id', '<=', through))
    .$if(iterationIds !== null, (query) => query.where(isOneOf('iteration_id', iterationIds ?? [])))
    .$if(strategyIds !== null, (query) => query.where(isOneOf('strategy_id', strategyIds ?? [])))
    .orderBy('iteration_id')
    .limit(limit);
  const rows = await db
    .selectFrom(page.as('receipt'))
    .innerJoin('ledger.push_runs as run', 'run.number', 'receipt.run_number')
    .selectAll('receipt')
    .select('run.id as run_id')
    .orderBy('receipt.iteration_id')
    .execute();
  return rows.map((row) => {
    const values = row.values as MetricsValues;
    return {
      iterationId: row.iteration_id,
      strategyId: row.strategy_id,
      createdAt: row.created_at,
      version: Number(row.version),
      values,
      // An older version of the service updates only the values.
      peakConversions: Math.max(Number(row.peak_conversions ?? 0), values.conversions),
      runId: row.run_id,
      acceptedAt: row.accepted_at,
    };
  });
}

/** An empty list matches nothing. */
const isOneOf = (column: string, ids: readonly string[]) =>
  sql<boolean>`${sql.ref(column)} = any(${arrayText(ids)}::bigint[])`;

/**
 * The push of the newest build that AdSuite accepted rows of, or that had nothing to send. Not simply the last push, which
 * may be a retry of an older build.
 */
export async function previousPush(db: LedgerConnection): Promise<PreviousPush | null> {
  const row = await db
    .selectFrom('ledger.push_runs')
    .select(['id', 'build_id', 'build_version', 'build_as_of', 'conversions', 'attributed'])
    .where('dry_run', '=', false)
    .where((is) => is.or([is('state', '=', 'SUCCEEDED'), is('accepted', '>', '0')]))
    .orderBy('build_version', 'desc')
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!row) return null;
  return {
    runId: row.id,
    build: { id: row.build_id, version: Number(row.build_version), asOf: row.build_as_of },
    conversions: Number(row.conversions),
    attributed: Number(row.attributed),
  };
}
