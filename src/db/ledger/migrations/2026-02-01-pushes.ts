import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * The outbox, its results, and the receipts.
 *
 * Rows of push_rows are never updated: AdSuite's result for a row is inserted into push_results, so a million rows and their
 * indexes are written once. A batch is a range of ids, not a column of the rows, so splitting one updates no row.
 *
 * push_rows, push_results and push_receipts have no foreign key to push_runs: all statements that write them read the run's
 * number from push_runs. A foreign key is checked row by row, which took 4 to 7 seconds per million rows.
 */
export const pushes: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`
      create table ledger.push_runs (
        number bigint generated always as identity primary key,
        id text not null unique check (id <> ''),
        idempotency_key text unique check (idempotency_key <> ''),
        input_hash text not null,
        selection json not null,
        build_id text not null,
        build_version bigint not null,
        build_as_of timestamptz not null,
        conversions bigint not null check (conversions >= 0),
        attributed bigint not null check (attributed between 0 and conversions),
        dry_run boolean not null,
        requested_by text not null check (requested_by <> ''),
        override_reason text,
        override_by text,
        retry_of bigint references ledger.push_runs,
        state text not null check (
          state in ('RECORDING', 'RUNNING', 'SUCCEEDED', 'PARTIAL', 'FAILED', 'CANCELLED', 'REFUSED')
        ),
        plan_hash text,
        totals json,
        findings json,
        started_at timestamptz not null default clock_timestamp(),
        cancelled_at timestamptz,
        finished_at timestamptz,
        finish_reason text,
        planned bigint not null default 0 check (planned >= 0),
        sent bigint not null default 0 check (sent between 0 and planned),
        accepted bigint not null default 0 check (accepted >= 0),
        stale bigint not null default 0 check (stale >= 0),
        rejected bigint not null default 0 check (rejected >= 0),
        unknown bigint not null default 0 check (unknown >= 0),
        attempts bigint not null default 0 check (attempts >= 0),
        last_failure text,
        last_failure_at timestamptz,
        batches integer not null default 0 check (batches >= 0),
        lease_worker text,
        lease_until timestamptz,
        fence bigint not null default 0 check (fence >= 0),
        constraint push_runs_override_is_whole check ((override_reason is null) = (override_by is null)),
        constraint push_runs_plan_is_whole check (
          state = 'RECORDING' or (plan_hash is not null and totals is not null and findings is not null)
        ),
        constraint push_runs_ends_once check ((finished_at is null) = (state in ('RECORDING', 'RUNNING'))),
        constraint push_runs_dry_sends_nothing check (
          not dry_run or (state in ('RECORDING', 'SUCCEEDED', 'REFUSED') and attempts = 0)
        ),
        constraint push_runs_counts_fit check (accepted + stale + rejected + unknown <= planned),
        constraint push_runs_success_is_whole check (state <> 'SUCCEEDED' or dry_run or accepted + stale = planned),
        constraint push_runs_partial_is_some check (state <> 'PARTIAL' or accepted > 0),
        constraint push_runs_refused_is_empty check (state <> 'REFUSED' or planned = 0),
        constraint push_runs_lease_is_whole check ((lease_worker is null) = (lease_until is null)),
        constraint push_runs_lease_is_for_running check (lease_worker is null or state = 'RUNNING')
      ) with (fillfactor = 50)`.execute(db);
    // One running run at a time, so no iteration is in flight twice.
    await sql`create unique index push_runs_one_running on ledger.push_runs ((true)) where state = 'RUNNING'`.execute(
      db,
    );
    await sql`
      create table ledger.push_batches (
        run_number bigint not null references ledger.push_runs,
        number integer not null check (number > 0),
        first_id bigint not null,
        last_id bigint not null,
        row_count integer not null check (row_count > 0),
        attempts integer not null default 0 check (attempts >= 0),
        was_sent boolean not null default false check (was_sent or attempts = 0),
        may_have_arrived boolean not null default false check (attempts > 0 or not may_have_arrived),
        ready_at timestamptz not null default clock_timestamp(),
        is_done boolean not null default false,
        primary key (run_number, number),
        check (first_id <= last_id)
      )`.execute(db);
    await sql`create index push_batches_open on ledger.push_batches (run_number, number) where not is_done`.execute(db);
    await sql`
      create table ledger.push_rows (
        run_number bigint not null,
        iteration_id bigint not null,
        strategy_id bigint not null,
        created_at timestamptz not null,
        old_values json,
        values json not null,
        primary key (run_number, iteration_id)
      )`.execute(db);
    await sql`create index push_rows_of_iteration on ledger.push_rows (iteration_id, run_number)`.execute(db);
    await sql`
      create table ledger.push_results (
        run_number bigint not null,
        iteration_id bigint not null,
        state text not null check (state in ('ACCEPTED', 'STALE', 'REJECTED', 'UNKNOWN')),
        code text,
        message text,
        ended_at timestamptz not null default clock_timestamp(),
        primary key (run_number, iteration_id)
      )`.execute(db);
    // These are few, and are the ones that users filter by.
    await sql`
      create index push_results_not_accepted on ledger.push_results (run_number, state, iteration_id)
      where state <> 'ACCEPTED'`.execute(db);
    await sql`
      create table ledger.push_receipts (
        iteration_id bigint primary key,
        strategy_id bigint not null,
        created_at timestamptz not null,
        version bigint not null,
        values json not null,
        run_number bigint not null,
        accepted_at timestamptz not null default clock_timestamp()
      )`.execute(db);
  },

  async down(db: Kysely<unknown>) {
    for (const table of ['push_receipts', 'push_results', 'push_rows', 'push_batches', 'push_runs']) {
      await sql`drop table ${sql.table(`ledger.${table}`)}`.execute(db);
    }
  },
};
