import { type CompiledQuery, Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { settleBatch } from '../../src/db/ledger/queries/settle-batch.ts';
import type { LedgerTables } from '../../src/db/ledger/tables.ts';
import type { LedgerTarget } from '../../src/db/ledger/target.ts';
import type { Lease } from '../../src/push/ports.ts';
import { type Batch, type RowResult, unknownIterationCode } from '../../src/push/types.ts';
import { type LedgerServer, ledgerServers, openTestLedger, plannedRow, query, recordRun } from '../support/ledgers.ts';

/** Rows of one batch, of iterations that were sent in the first run only. */
const quietRows = 10;

describe.each(ledgerServers)('a batch of unknown iterations, in the ledger on %s', (_name, start) => {
  let server: LedgerServer;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.stop());

  test('is settled by their own rows, however many results of other iterations the ledger has', async () => {
    const target = await server.emptyDatabase();
    const ledger = openTestLedger(target, { batchRows: quietRows });
    // The first connection creates the tables.
    await ledger.reads.countRuns({});
    await recordSkewedRuns(target);
    const ids = Array.from({ length: quietRows }, (_, index) => String(5_001 + index * 7));
    const rows = ids.map((id) => plannedRow(id));
    await recordRun(ledger, { id: 'last', version: 1_000 }, rows);
    const lease = await ledger.delivery.claim('one', 60_000);
    const batch = lease && (await ledger.delivery.nextBatch(lease, []));
    if (!batch) throw new Error('no batch');
    await query(target, 'vacuum (analyze)');
    expect(await buffersOfSettle(target, lease, batch)).toBeLessThan(100 * quietRows);
    await ledger.close();
  });
});

/** Runs that all have the same busy iterations. The first one also has quiet iterations, which no later one has. */
async function recordSkewedRuns(target: LedgerTarget): Promise<void> {
  await query(
    target,
    `insert into ledger.push_runs (
       id, input_hash, selection, build_id, build_version, build_as_of, conversions, attributed, dry_run, requested_by, state,
       plan_hash, totals, findings, planned, finished_at
     )
     select 'run-' || run, 'hash', '{}', 'build-' || run, run, now(), 1, 1, false, 'test', 'FAILED', 'plan', '{}', '[]', 1000, now()
     from generate_series(1, 300) as run`,
  );
  const planned = `select number, iteration_id from ledger.push_runs, generate_series(1, 250) as iteration_id
    union all select 1, iteration_id from generate_series(5001, 5300) as iteration_id`;
  await query(
    target,
    `insert into ledger.push_rows (run_number, iteration_id, strategy_id, created_at, values)
     select number, iteration_id, 1, now(), '{}' from (${planned}) as planned`,
  );
  await query(
    target,
    `insert into ledger.push_results (run_number, iteration_id, state)
     select number, iteration_id, 'ACCEPTED' from (${planned}) as planned`,
  );
}

/** How many buffers the database reads to settle a batch whose iterations AdSuite does not know. Writes nothing. */
async function buffersOfSettle({ host, port, database, login }: LedgerTarget, lease: Lease, batch: Batch) {
  const queries: CompiledQuery[] = [];
  const db = new Kysely<LedgerTables>({
    dialect: new PostgresDialect({ pool: new pg.Pool({ host, port, database, ...login }) }),
    log: ({ query: sent }) => {
      queries.push(sent);
    },
  });
  const results = batch.rows.map(
    ({ iterationId }): RowResult => ({ iterationId, state: 'REJECTED', code: unknownIterationCode, message: null }),
  );
  const rollBack = async (work: (trx: Kysely<LedgerTables>) => Promise<unknown>): Promise<void> => {
    const transaction = await db.startTransaction().execute();
    await work(transaction).finally(() => transaction.rollback().execute());
  };
  try {
    await rollBack((trx) => settleBatch(trx, lease, batch, results));
    const [settled] = queries.filter((each) => each.sql.includes('push_receipts'));
    if (!settled) throw new Error('no statement');
    let buffers = 0;
    await rollBack(async (trx) => {
      const explain = `explain (analyze, buffers, format json) ${settled.sql}`;
      const { rows } = await trx.executeQuery<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>({ ...settled, sql: explain });
      buffers = mostBuffers(rows[0]?.['QUERY PLAN'][0].Plan);
    });
    return buffers;
  } finally {
    await db.destroy();
  }
}

interface PlanNode {
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly PlanNode[];
}

/** The buffers of the node with the most. The root does not include CTEs that write. */
function mostBuffers(node: PlanNode | undefined): number {
  if (node === undefined) throw new Error('no plan');
  return Math.max(node['Shared Hit Blocks'] + node['Shared Read Blocks'], ...(node.Plans ?? []).map(mostBuffers));
}
