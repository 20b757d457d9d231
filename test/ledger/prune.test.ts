import { type CompiledQuery, Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { withClient } from '../../local/postgres/server.ts';
import type { Ledger } from '../../src/db/ledger/connect.ts';
import { deleteOldRows } from '../../src/db/ledger/queries/prune.ts';
import type { LedgerTables } from '../../src/db/ledger/tables.ts';
import type { LedgerTarget } from '../../src/db/ledger/target.ts';
import {
  endOf,
  everyReceipt,
  everyRow,
  type LedgerServer,
  ledgerServers,
  newRun,
  openTestLedger,
  plannedRows,
  query,
  recordingOf,
  recordRun,
} from '../support/ledgers.ts';

const day = 24 * 3_600_000;

describe.each(ledgerServers)('the rows of runs that ended long ago, on %s', (name, start) => {
  let server: LedgerServer;
  let target: LedgerTarget;
  let ledger: Ledger;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    target = await server.emptyLedger();
    ledger = openTestLedger(target);
  });
  afterEach(() => ledger.close());

  /** A run that ended `days` ago. AdSuite accepted all of its rows but the second. */
  async function ended(id: string, count: number, days: number, version = 1): Promise<void> {
    await recordRun(ledger, { id, version }, plannedRows(count));
    const lease = await ledger.delivery.claim('one', 60_000);
    if (!lease) throw new Error('no running run');
    for (;;) {
      const batch = await ledger.delivery.nextBatch(lease, []);
      if (!batch) break;
      await ledger.delivery.recordAttempt(lease, batch);
      const results = batch.rows.map(({ iterationId }) => {
        const state = iterationId === '2' ? ('REJECTED' as const) : ('ACCEPTED' as const);
        return { iterationId, state, code: null, message: null };
      });
      await ledger.delivery.settle(lease, batch, results);
    }
    await ledger.delivery.finish(lease, 'done', null);
    const instant = `finished_at - ${days} * interval '1 day'`;
    await query(target, `update ledger.push_runs set finished_at = ${instant} where id = $1`, [id]);
  }

  /** @returns the number of steps. */
  async function pruneAll(from: Ledger = ledger, keep = day): Promise<number> {
    for (let steps = 0; ; steps += 1) if (!(await from.prune(keep))) return steps;
  }

  const left = () =>
    query(
      target,
      `select id, (select count(*)::int from ledger.push_rows where run_number = run.number) as rows,
         (select count(*)::int from ledger.push_results where run_number = run.number) as results,
         (select count(*)::int from ledger.push_batches where run_number = run.number) as batches
       from ledger.push_runs as run order by run.number`,
    );

  test('are deleted; the run with its counts and the receipts stay', async () => {
    await ended('old', 40, 3);
    await ended('young', 4, 0, 2);
    const [before] = await ledger.reads.runsByIds(['old']);
    const receipts = await everyReceipt(ledger);
    // One step for each of 14 batches, and one that finds none.
    expect(await pruneAll()).toBe(15);
    expect(await left()).toEqual([
      { id: 'old', rows: 0, results: 0, batches: 0 },
      { id: 'young', rows: 4, results: 4, batches: 2 },
    ]);
    expect(await ledger.reads.runsByIds(['old'])).toEqual([
      { ...before, rowsDeletedAt: expect.stringMatching(/^\d{4}-.*Z$/) },
    ]);
    expect(await everyReceipt(ledger)).toEqual(receipts);
    expect(await everyRow(ledger, 'old')).toEqual([]);
    expect(await everyRow(ledger, 'young')).toHaveLength(4);
    expect(await pruneAll()).toBe(0);
  });

  test('are not shown any more after the first step', async () => {
    await ended('old', 40, 3);
    expect(await ledger.prune(day)).toBe(true);
    expect(await left()).toMatchObject([{ rows: 37, results: 37 }]);
    expect(await everyRow(ledger, 'old')).toEqual([]);
    expect(await everyRow(ledger, 'old', ['REJECTED'])).toEqual([]);
    // Row 40 still exists, row 2 does not.
    const last = await ledger.reads.lastPushes(['2', '40']);
    expect(last).toMatchObject([{ iterationId: '40', row: null, receipt: { runId: 'old' } }]);
  });

  test('count as deleted since the first step', async () => {
    await ended('old', 40, 3);
    const deletedAt = async () => (await ledger.reads.runsByIds(['old']))[0]?.rowsDeletedAt;
    await ledger.prune(day);
    const first = await deletedAt();
    await pruneAll();
    expect(await deletedAt()).toBe(first);
  });

  test('cannot be retried after they were deleted', async () => {
    await ended('old', 4, 3);
    await pruneAll();
    const retry = await recordingOf(ledger.pushes, { id: 'retry', retryOf: 'old' });
    expect(await retry.addUnaccepted('old')).toBeNull();
    await retry.rollback();
  });

  test('of a refused run are deleted, too', async () => {
    const refused = await recordingOf(ledger.pushes, { id: 'refused' });
    await refused.add(plannedRows(20));
    await refused.commit(endOf('REFUSED', 20, plannedRows(10)));
    expect(await everyRow(ledger, 'refused')).toHaveLength(10);
    await pruneAll(ledger, -day);
    expect(await left()).toMatchObject([{ rows: 0, batches: 0 }]);
    expect(await ledger.reads.runsByIds(['refused'])).toMatchObject([
      { rowsDeletedAt: expect.any(String), counts: { planned: 10 }, totals: { changed: 20 } },
    ]);
  });

  test('of a running run or a run without rows are not deleted', async () => {
    await recordRun(ledger, { id: 'running' }, plannedRows(4));
    const refused = await ledger.pushes.begin(newRun({ id: 'dry', dryRun: true }));
    if (refused.kind !== 'recording') throw new Error('not recording');
    await refused.recording.commit(endOf('REFUSED', 4));
    // The refused run takes one step. The running one has no end time.
    expect(await pruneAll(ledger, -day)).toBe(1);
    expect(await ledger.reads.runsByIds(['dry', 'running'])).toMatchObject([
      { rowsDeletedAt: null },
      { rowsDeletedAt: null },
    ]);
    expect(await everyRow(ledger, 'running')).toHaveLength(4);
  });

  test('are deleted once by several processes at once', async () => {
    for (let version = 1; version <= 4; version += 1) await ended(`old ${version}`, 20, 3, version);
    const others = [1, 2].map(() => openTestLedger(target));
    await Promise.all([ledger, ...others].map((each) => pruneAll(each)));
    // A process skips a run that another one has locked.
    expect(await left()).toEqual([1, 2, 3, 4].map((n) => ({ id: `old ${n}`, rows: 0, results: 0, batches: 0 })));
    await Promise.all(others.map((other) => other.close()));
  });

  test('are found without reading the runs that are kept', async () => {
    await ended('old', 4, 3);
    const { login, ...address } = target;
    const statements: CompiledQuery[] = [];
    const db = new Kysely<LedgerTables>({
      dialect: new PostgresDialect({ pool: new pg.Pool({ ...address, ...login, max: 1 }) }),
      log: (event) => void statements.push(event.query),
    });
    expect(await deleteOldRows(db, day)).toBe(true);
    await db.destroy();
    const [step] = statements as [CompiledQuery];
    const plan = await withClient({ ...address, ...login }, async (client) => {
      // The planner would scan this small table otherwise.
      await client.query('begin; set local enable_seqscan = off');
      const { rows } = await client.query(`explain (costs off) ${step.sql}`, [...step.parameters]);
      await client.query('rollback');
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    });
    expect(plan).toMatch(/push_runs_with_rows.*\n *Index Cond: \(finished_at </);
  });

  // PGlite runs one transaction at a time.
  test.runIf(name === 'PostgreSQL')('wait for a retry that is being recorded', async () => {
    await ended('old', 4, 3);
    const retry = await recordingOf(ledger.pushes, { id: 'retry', retryOf: 'old' });
    const isSome = await ledger.prune(day);
    const rows = await retry.addUnaccepted('old');
    await retry.commit(endOf('RUNNING', 1));
    expect({ isSome, rows }).toEqual({ isSome: false, rows: 1 });
    await pruneAll();
    expect(await left()).toMatchObject([
      { id: 'old', rows: 0 },
      { id: 'retry', rows: 1 },
    ]);
  });
});
