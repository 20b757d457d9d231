import { sql } from 'kysely';
import type { Lease } from '../../../push/ports.ts';
import type { Batch, RowResult } from '../../../push/types.ts';
import type { LedgerConnection } from '../database.ts';
import { arrayText, storableText } from '../values.ts';
import { closeBatch, fencedWrite, openRows } from './fenced-write.ts';

/**
 * Ends rows of a batch with AdSuite's word, makes those accepted the receipts, puts the others into a new batch, and keeps
 * the run's counts.
 */
export function settleBatch(
  db: LedgerConnection,
  lease: Lease,
  batch: Batch,
  results: readonly RowResult[],
): Promise<boolean> {
  // Results are somebody else's: of what they say of other rows nothing reaches the database.
  const sent = new Set(batch.rows.map((row) => row.iterationId));
  const known = results.filter((result) => sent.has(result.iterationId));
  const ids = arrayText(known.map((result) => result.iterationId));
  const states = arrayText(known.map((result) => result.state));
  const codes = known.map((result) => textOf(result.code));
  const messages = known.map((result) => textOf(result.message));
  return fencedWrite(
    db,
    lease,
    batch,
    sql`${openRows}, ${closeBatch}, words as materialized (
      select distinct on (iteration_id) * from unnest(
        ${ids}::bigint[], ${states}::text[], ${codes}::text[], ${messages}::text[]
      ) with ordinality as told (iteration_id, state, code, message, place)
      order by iteration_id, place
    ), ended as (
      insert into ledger.push_results (run_number, iteration_id, state, code, message)
      select run_number, iteration_id, words.state, words.code, words.message
      from words join open_rows using (iteration_id)
      returning iteration_id, state
    ), received as (
      insert into ledger.push_receipts as receipt (iteration_id, strategy_id, created_at, version, values, run_number)
      select iteration_id, strategy_id, created_at, held.build_version, values, held.number
      from ended join open_rows using (iteration_id) cross join held where ended.state = 'ACCEPTED'
      on conflict (iteration_id) do update set strategy_id = excluded.strategy_id, created_at = excluded.created_at,
        version = excluded.version, values = excluded.values, run_number = excluded.run_number,
        accepted_at = excluded.accepted_at
      where excluded.version > receipt.version
    ), rest as materialized (
      select min(iteration_id) as first_id, max(iteration_id) as last_id, count(*)::int as row_count
      from open_rows where iteration_id not in (select iteration_id from ended) having count(*) > 0
    ), again as (
      insert into ledger.push_batches (
        run_number, number, first_id, last_id, row_count, attempts, was_sent, may_have_arrived
      )
      select held.number, held.batches + 1, rest.first_id, rest.last_id, rest.row_count,
        batch.attempts, batch.was_sent, batch.may_have_arrived
      from held cross join batch cross join rest
    ), counted as (
      update ledger.push_runs as run set
        accepted = run.accepted + tally.accepted, stale = run.stale + tally.stale,
        rejected = run.rejected + tally.rejected, unknown = run.unknown + tally.unknown,
        batches = run.batches + added.batches
      from held, (
        select count(*) filter (where state = 'ACCEPTED') as accepted, count(*) filter (where state = 'STALE') as stale,
          count(*) filter (where state = 'REJECTED') as rejected, count(*) filter (where state = 'UNKNOWN') as unknown
        from ended
      ) as tally, (select count(*)::int as batches from rest) as added
      where run.number = held.number
    )`,
  );
}

const textOf = (text: string | null): string | null => (text === null ? null : storableText(text));
