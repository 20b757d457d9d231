import { type RawBuilder, sql } from 'kysely';
import type { Lease } from '../../../push/ports.ts';
import { type Batch, namedGoneIds, type RowResult, unknownIterationCode } from '../../../push/types.ts';
import type { LedgerConnection } from '../database.ts';
import { arrayText, storableText } from '../values.ts';
import { closeBatch, fencedWrite, openRows } from './batch-writes.ts';
import { receivedRows, settleAccepted } from './settle-accepted.ts';

/**
 * Whether AdSuite's last answer about an answer's iteration was that it does not know it, for a row with values. When it
 * answered about zeros, it lacked nothing. The last answer is of an earlier run: the row of this one has no
 * result yet, and no later run has begun. UNKNOWN is no answer.
 *
 * Reads the iteration's rows by their index, the newest first, and the result of each by its key: results have no index by
 * iteration. `offset 0` keeps the planner from joining the two, which it would do by reading the results of all runs
 * backwards: because of the limit, it expects to find one of the iteration soon.
 */
const wasUnknownBefore: RawBuilder<boolean> = sql`(
    select last.code = ${unknownIterationCode} and last.state in ('REJECTED', 'GONE') and (
        (values ->> 'clicks')::bigint > 0 or (values ->> 'conversions')::bigint > 0
      )
    from (
      select planned.run_number, former.state, former.code
      from (
        select run_number from ledger.push_rows where iteration_id = answers.iteration_id
        order by run_number desc offset 0
      ) as planned cross join lateral (
        select state, code from ledger.push_results
        where run_number = planned.run_number and iteration_id = answers.iteration_id and state <> 'UNKNOWN' offset 0
      ) as former
      order by planned.run_number desc limit 1
    ) as last join ledger.push_rows as sent
      on sent.run_number = last.run_number and sent.iteration_id = answers.iteration_id
  )`;

/**
 * Writes AdSuite's results for rows of a batch. Accepted rows become receipts, receipts of rows of zeros that are gone are
 * deleted, rows without a result go into a new batch, and the run's counts are updated.
 *
 * A row with values that AdSuite rejects because it does not know the iteration is gone if that is not new. This is decided
 * here, for rows with that answer only: to read every row's history with its batch would be slow.
 */
export async function settleBatch(
  db: LedgerConnection,
  lease: Lease,
  batch: Batch,
  results: readonly RowResult[],
): Promise<boolean> {
  // AdSuite may answer about rows that were not sent.
  const sent = new Set(batch.rows.map((row) => row.iterationId));
  const known = results.filter((result) => sent.has(result.iterationId));
  if (areAllAccepted(known, sent) && (await settleAccepted(db, lease, batch))) return true;
  const ids = arrayText(known.map((result) => result.iterationId));
  const states = arrayText(known.map((result) => result.state));
  const codes = known.map((result) => textOf(result.code));
  const messages = known.map((result) => textOf(result.message));
  return fencedWrite(
    db,
    lease,
    batch,
    sql`${openRows}, ${closeBatch}, answers as materialized (
      select distinct on (iteration_id) * from unnest(
        ${ids}::bigint[], ${states}::text[], ${codes}::text[], ${messages}::text[]
      ) with ordinality as answer (iteration_id, state, code, message, place)
      order by iteration_id, place
    ), ended as (
      insert into ledger.push_results (run_number, iteration_id, state, code, message)
      select run_number, iteration_id, case
          when answers.state = 'REJECTED' and answers.code = ${unknownIterationCode} and ${wasUnknownBefore} then 'GONE'
          else answers.state
        end, answers.code, answers.message
      from answers join open_rows using (iteration_id)
      returning iteration_id, state
    ), forgotten as (
      delete from ledger.push_receipts as receipt using held, answers join ended using (iteration_id)
      where answers.state = 'GONE' and receipt.iteration_id = answers.iteration_id
        and receipt.version < held.build_version
    ), received as (
      ${receivedRows(sql`ended join open_rows using (iteration_id) cross join held where ended.state = 'ACCEPTED'`)}
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
        accepted = run.accepted + tally.accepted, stale = run.stale + tally.stale, gone = run.gone + tally.gone,
        gone_with_values = array(
          select unnest(run.gone_with_values) as iteration_id
          union
          select iteration_id from ended join answers using (iteration_id)
          where ended.state = 'GONE' and answers.state = 'REJECTED'
          order by iteration_id limit ${namedGoneIds + 1}
        ),
        rejected = run.rejected + tally.rejected, unknown = run.unknown + tally.unknown,
        batches = run.batches + added.batches
      from held, (
        select count(*) filter (where state = 'ACCEPTED') as accepted, count(*) filter (where state = 'STALE') as stale,
          count(*) filter (where state = 'GONE') as gone,
          count(*) filter (where state = 'REJECTED') as rejected, count(*) filter (where state = 'UNKNOWN') as unknown
        from ended
      ) as tally, (select count(*)::int as batches from rest) as added
      where run.number = held.number
    )`,
  );
}

/** Whether every row of a batch is accepted, and AdSuite said nothing else about any of them. */
const areAllAccepted = (known: readonly RowResult[], sent: ReadonlySet<string>): boolean =>
  sent.size > 0 &&
  known.length === sent.size &&
  known.every(({ state, code, message }) => state === 'ACCEPTED' && code === null && message === null) &&
  new Set(known.map(({ iterationId }) => iterationId)).size === sent.size;

const textOf = (text: string | null): string | null => (text === null ? null : storableText(text));
