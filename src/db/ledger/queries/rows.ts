import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { MetricsValues, RowState } from '../../../push/types.ts';
import { cut, type Page, type PageRequest } from '../../page.ts';
import type { LedgerConnection } from '../database.ts';
import { arrayText } from '../values.ts';

/** A row of a run, with its result. */
export interface RowRecord {
  readonly iterationId: string;
  readonly strategyId: string;
  readonly createdAt: string;
  readonly state: RowState;
  /** From AdSuite; null if it sent none. */
  readonly code: string | null;
  readonly message: string | null;
  /** When the row got its result. */
  readonly endedAt: string | null;
  readonly old: MetricsValues | null;
  readonly new: MetricsValues;
}

interface RowOfRun {
  readonly run_id: string;
  readonly iteration_id: string;
  readonly strategy_id: string;
  readonly created_at: string;
  readonly state: RowState;
  readonly code: string | null;
  readonly message: string | null;
  readonly ended_at: string | null;
  readonly old_values: MetricsValues | null;
  readonly values: MetricsValues;
}

/**
 * The same page of each run's rows, in one statement, in the order of iterations' ids. The position is an iteration's id.
 *
 * @param states only rows in these states; null: all.
 * @returns pages by run id, without runs that have no rows in these states or whose rows are deleted.
 */
export async function rowPages(
  db: LedgerConnection,
  runIds: readonly string[],
  states: readonly RowState[] | null,
  page: PageRequest,
): Promise<Map<string, Page<RowRecord>>> {
  const { rows } = await sql<RowOfRun>`
    select run.id as run_id, listed.* from ledger.push_runs as run cross join lateral (
      select planned.iteration_id, planned.strategy_id, planned.created_at, coalesce(ended.state, 'PENDING') as state,
        ended.code, ended.message, ended.ended_at, planned.old_values, planned.values
      from ${states === null || states.includes('PENDING') ? plannedRows(states, page) : endedRows(states, page)}
    ) as listed
    where run.id = any(${runIds}::text[]) and run.rows_deleted_at is null
    order by listed.iteration_id`.execute(db);
  const byRun = Map.groupBy(rows, (row) => row.run_id);
  return new Map([...byRun].map(([id, each]) => [id, cut(each.map(toRow), page.first)]));
}

/** Rows first, joined with their results, if any. */
function plannedRows(states: readonly RowState[] | null, page: PageRequest): RawBuilder<unknown> {
  const id = sql.ref('planned.iteration_id');
  const conditions = [comesAfter(id, page)];
  if (states !== null) conditions.push(sql`coalesce(ended.state, 'PENDING') = any(${arrayText(states)}::text[])`);
  if (states?.every((state) => state === 'PENDING')) {
    // Pending rows are in open batches: rows before the first and after the last one are skipped.
    conditions.push(sql`${id} between
      (select min(first_id) from ledger.push_batches as open where open.run_number = run.number and not is_done) and
      (select max(last_id) from ledger.push_batches as open where open.run_number = run.number and not is_done)`);
  }
  return sql`ledger.push_rows as planned left join ledger.push_results as ended
      on ended.run_number = planned.run_number and ended.iteration_id = planned.iteration_id
        and ${comesAfter(sql.ref('ended.iteration_id'), page)}
    where planned.run_number = run.number and ${sql.join(conditions, sql` and `)} order by ${id} limit ${page.first + 1}`;
}

/** Results first, for rows that have one: limited to the page before the rows are looked up. */
function endedRows(states: readonly RowState[], page: PageRequest): RawBuilder<unknown> {
  const id = sql.ref('iteration_id');
  const conditions = [comesAfter(id, page), sql`state = any(${arrayText(states)}::text[])`];
  // For the partial index push_results_not_accepted.
  if (!states.includes('ACCEPTED')) conditions.push(sql`state <> 'ACCEPTED'`);
  return sql`(
      select * from ledger.push_results where run_number = run.number and ${sql.join(conditions, sql` and `)}
      order by ${id} limit ${page.first + 1}
    ) as ended join ledger.push_rows as planned
      on planned.run_number = ended.run_number and planned.iteration_id = ended.iteration_id`;
}

function comesAfter(id: RawBuilder<unknown>, { after }: PageRequest): RawBuilder<SqlBool> {
  const [position] = after ?? [];
  return typeof position === 'string' ? sql<SqlBool>`${id} > ${position}` : sql<SqlBool>`true`;
}

function toRow(row: RowOfRun): RowRecord {
  return {
    iterationId: row.iteration_id,
    strategyId: row.strategy_id,
    createdAt: row.created_at,
    state: row.state,
    code: row.code,
    message: row.message,
    endedAt: row.ended_at,
    old: row.old_values,
    new: row.values,
  };
}
