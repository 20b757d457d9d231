import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * What operators need to see of a run, and to change: why it waits, the circuit breaker, a request to resume it, and whether
 * its end was logged. Runs that ended before were not logged in this way, and are not logged now.
 *
 * An older version that still uses the same ledger writes none of these columns. Readers must check the run's state.
 */
export const runSignals: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`
      alter table ledger.push_runs
        add column next_attempt_cause text check (
          next_attempt_cause in ('RETRY_AFTER', 'CIRCUIT_BREAKER', 'RETRY_BUDGET', 'BACKOFF')
        ),
        add column circuit_breaker text check (circuit_breaker in ('OPEN', 'HALF_OPEN')),
        add column is_resume_requested boolean not null default false,
        add column resumed_at timestamptz,
        add column resumed_by text check (resumed_by <> ''),
        add column reported_at timestamptz,
        add constraint push_runs_resume_is_whole check ((resumed_by is null) = (resumed_at is null))`.execute(db);
    await sql`update ledger.push_runs set reported_at = finished_at where finished_at is not null`.execute(db);
    await sql`
      create index push_runs_unreported on ledger.push_runs (number)
      where reported_at is null and finished_at is not null and not dry_run`.execute(db);
  },

  async down(db: Kysely<unknown>) {
    // Dropping a column also drops the constraints and indexes that use it.
    await sql`
      alter table ledger.push_runs
        drop column next_attempt_cause, drop column circuit_breaker, drop column is_resume_requested,
        drop column resumed_at, drop column resumed_by, drop column reported_at`.execute(db);
  },
};
