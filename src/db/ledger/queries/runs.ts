import { type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import type { RunRecord } from '../../../push/ledger.ts';
import type {
  BreakerState,
  GuardFinding,
  PlanTotals,
  PushSelection,
  RunState,
  WaitCause,
} from '../../../push/types.ts';
import { cut, type Page, type PageRequest } from '../../page.ts';
import type { LedgerConnection } from '../database.ts';
import type { LedgerTables } from '../tables.ts';

/** Conditions on runs, joined by AND. An empty list matches nothing. */
export interface RunFilter {
  readonly states?: readonly RunState[] | null;
  readonly requestedBy?: string | null;
  readonly isDryRun?: boolean | null;
  /** Half-open; instants. */
  readonly startedBetween?: { readonly from?: string | null; readonly to?: string | null } | null;
}

/** The runs with these ids, in no order. */
export async function runsByIds(db: LedgerConnection, ids: readonly string[]): Promise<RunRecord[]> {
  const rows = await runColumns(db).where(sql<SqlBool>`run.id = any(${ids}::text[])`).execute();
  return rows.map(toRun);
}

/** A page of the runs that match a filter, newest first. The position is a run's number. */
export async function runPage(db: LedgerConnection, filter: RunFilter, page: PageRequest): Promise<Page<RunRecord>> {
  const [after] = page.after ?? [];
  const rows = await runColumns(db)
    .where(matches(filter))
    .$if(typeof after === 'string', (query) => query.where('run.number', '<', after ?? ''))
    .orderBy('run.number', 'desc')
    // One more than the page has, to see whether there is a next page.
    .limit(page.first + 1)
    .execute();
  return cut(rows.map(toRun), page.first);
}

/** The number of runs that match a filter. */
export async function countRuns(db: LedgerConnection, filter: RunFilter): Promise<number> {
  const row = await db
    .selectFrom('ledger.push_runs as run')
    .select((of) => of.fn.countAll<string>().as('total'))
    .where(matches(filter))
    .executeTakeFirst();
  return Number(row?.total ?? 0);
}

type Runs = LedgerTables & { run: LedgerTables['ledger.push_runs'] };

const matches =
  ({ states, requestedBy, isDryRun, startedBetween }: RunFilter) =>
  (is: ExpressionBuilder<Runs, 'run'>) =>
    is.and([
      ...(states ? [sql<SqlBool>`run.state = any(${states}::text[])`] : []),
      ...(typeof requestedBy === 'string' ? [is('run.requested_by', '=', requestedBy)] : []),
      ...(typeof isDryRun === 'boolean' ? [is('run.dry_run', '=', isDryRun)] : []),
      ...(startedBetween?.from ? [is('run.started_at', '>=', startedBetween.from)] : []),
      ...(startedBetween?.to ? [is('run.started_at', '<', startedBetween.to)] : []),
    ]);

/** Runs as `toRun` needs them. */
export const runColumns = (db: Pick<LedgerConnection, 'selectFrom'>) =>
  db
    .selectFrom('ledger.push_runs as run')
    .leftJoin('ledger.push_runs as retried', 'retried.number', 'run.retry_of')
    .selectAll('run')
    .select([
      'retried.id as retried_id',
      sql<string | null>`case when run.state = 'RUNNING' and run.next_attempt_at > clock_timestamp()
        then run.next_attempt_at end`.as('next_attempt'),
      sql<number>`greatest(0, extract(epoch from coalesce(run.finished_at, clock_timestamp()) - run.started_at) * 1000)::float8`.as(
        'age',
      ),
    ]);

type RunRow = Awaited<ReturnType<ReturnType<typeof runColumns>['execute']>>[number];

/** A run as the ledger's interface has it. */
export function toRun(row: RunRow): RunRecord {
  const counted = {
    planned: Number(row.planned),
    accepted: Number(row.accepted),
    stale: Number(row.stale),
    gone: Number(row.gone),
    rejected: Number(row.rejected),
    unknown: Number(row.unknown),
  };
  const { planned, accepted, stale, gone, rejected, unknown } = counted;
  return {
    id: row.id,
    number: row.number,
    state: row.state as RunState,
    isDryRun: row.dry_run,
    cancelled: row.cancelled_at === null ? null : { by: row.cancelled_by, at: row.cancelled_at },
    build: {
      id: row.build_id,
      version: Number(row.build_version),
      asOf: row.build_as_of,
      conversions: Number(row.conversions),
      attributed: Number(row.attributed),
    },
    idempotencyKey: row.idempotency_key,
    selection: row.selection as PushSelection,
    planHash: row.plan_hash ?? '',
    totals: row.totals as PlanTotals,
    findings: row.findings as GuardFinding[],
    requestedBy: row.requested_by,
    note: row.request_note,
    override:
      row.override_reason === null || row.override_by === null
        ? null
        : { reason: row.override_reason, by: row.override_by },
    acceptedShrink:
      row.accepted_shrink_percent === null || row.accepted_shrink_minimum === null
        ? null
        : { percent: row.accepted_shrink_percent, minimum: row.accepted_shrink_minimum },
    retryOf: row.retried_id,
    counts: { ...counted, pending: planned - accepted - stale - gone - rejected - unknown },
    goneWithValues: row.gone_with_values,
    sent: Number(row.sent),
    attempts: Number(row.attempts),
    lastFailure:
      row.last_failure === null || row.last_failure_at === null
        ? null
        : { reason: row.last_failure, at: row.last_failure_at },
    nextAttemptAt: row.next_attempt,
    nextAttemptCause: row.next_attempt === null ? null : (row.next_attempt_cause as WaitCause | null),
    breaker: row.state === 'RUNNING' ? ((row.circuit_breaker ?? 'CLOSED') as BreakerState) : null,
    resumed: row.resumed_at === null || row.resumed_by === null ? null : { by: row.resumed_by, at: row.resumed_at },
    startedAt: row.started_at,
    ageMilliseconds: row.age,
    finishedAt: row.finished_at,
    rowsDeletedAt: row.rows_deleted_at,
    finishReason: row.finish_reason,
  };
}
