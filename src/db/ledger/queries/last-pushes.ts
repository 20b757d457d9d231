import { sql } from 'kysely';
import type { MetricsValues, RowState } from '../../../push/types.ts';
import type { LedgerConnection } from '../database.ts';
import { arrayText } from '../values.ts';

/** The last pushes of one iteration; at least one of the two parts is not null. */
export interface LastPushRecord {
  readonly iterationId: string;
  /** What AdSuite last accepted. */
  readonly receipt: {
    readonly runId: string;
    readonly version: number;
    readonly values: MetricsValues;
    readonly acceptedAt: string;
  } | null;
  /** The iteration's row in the last run, other than dry and refused runs, that has one. */
  readonly row: {
    readonly runId: string;
    readonly version: number;
    readonly state: RowState;
    readonly code: string | null;
    readonly message: string | null;
    readonly endedAt: string | null;
  } | null;
}

interface LastPushColumns {
  readonly iteration_id: string;
  readonly receipt_run_id: string | null;
  readonly receipt_version: string;
  readonly values: MetricsValues;
  readonly accepted_at: string;
  readonly row_run_id: string | null;
  readonly row_version: string;
  readonly state: RowState;
  readonly code: string | null;
  readonly message: string | null;
  readonly ended_at: string | null;
}

/** The last pushes of these iterations, in one statement, in no order. Iterations that were never pushed are left out. */
export async function lastPushes(db: LedgerConnection, iterationIds: readonly string[]): Promise<LastPushRecord[]> {
  const { rows } = await sql<LastPushColumns>`
    select asked.iteration_id, received_by.id as receipt_run_id, receipt.version as receipt_version, receipt.values,
      receipt.accepted_at, last.run_id as row_run_id, last.version as row_version, last.state, last.code, last.message,
      last.ended_at
    from unnest(${arrayText([...new Set(iterationIds)])}::bigint[]) as asked (iteration_id)
    left join ledger.push_receipts as receipt on receipt.iteration_id = asked.iteration_id
    left join ledger.push_runs as received_by on received_by.number = receipt.run_number
    left join lateral (
      select run.id as run_id, run.build_version as version, coalesce(ended.state, 'PENDING') as state, ended.code,
        ended.message, ended.ended_at
      from (
        -- offset 0 keeps this apart: the planner reads the iteration's rows, instead of all runs to find one of them.
        select run_number from ledger.push_rows where iteration_id = asked.iteration_id offset 0
      ) as planned
      join ledger.push_runs as run on run.number = planned.run_number and not run.dry_run
        and run.state <> 'REFUSED' and run.rows_deleted_at is null
      left join ledger.push_results as ended
        on ended.run_number = planned.run_number and ended.iteration_id = asked.iteration_id
      order by planned.run_number desc limit 1
    ) as last on true
    where receipt.iteration_id is not null or last.run_id is not null`.execute(db);
  return rows.map(toLastPush);
}

function toLastPush(row: LastPushColumns): LastPushRecord {
  const { iteration_id: iterationId, receipt_run_id: receiptRun, row_run_id: rowRun } = row;
  return {
    iterationId,
    receipt:
      receiptRun === null
        ? null
        : {
            runId: receiptRun,
            version: Number(row.receipt_version),
            values: row.values,
            acceptedAt: row.accepted_at,
          },
    row:
      rowRun === null
        ? null
        : {
            runId: rowRun,
            version: Number(row.row_version),
            state: row.state,
            code: row.code,
            message: row.message,
            endedAt: row.ended_at,
          },
  };
}
