import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ledger } from '../../src/db/ledger/connect.ts';
import { settleAccepted } from '../../src/db/ledger/queries/settle-accepted.ts';
import { settleBatch } from '../../src/db/ledger/queries/settle-batch.ts';
import type { LedgerTables } from '../../src/db/ledger/tables.ts';
import type { LedgerTarget } from '../../src/db/ledger/target.ts';
import type { Lease } from '../../src/push/ports.ts';
import type { Batch, RowResult } from '../../src/push/types.ts';
import {
  everyReceipt,
  everyRow,
  type LedgerServer,
  ledgerServers,
  openTestLedger,
  plannedRows,
  query,
  recordRun,
} from '../support/ledgers.ts';

describe.each(ledgerServers)('batches that are accepted whole, in the ledger on %s', (name, start) => {
  let server: LedgerServer;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.stop());

  /** A run of 40 rows whose batches are all attempted. */
  async function attempted(target: LedgerTarget): Promise<{ ledger: Ledger; lease: Lease; batches: Batch[] }> {
    const ledger = openTestLedger(target, { batchRows: 5 });
    await recordRun(ledger, { id: 'run', version: 3 }, plannedRows(40));
    const lease = await ledger.delivery.claim('one', 60_000);
    if (!lease) throw new Error('no lease');
    const batches: Batch[] = [];
    for (;;) {
      const batch = await ledger.delivery.nextBatch(
        lease,
        batches.map(({ number }) => number),
      );
      if (!batch) return { ledger, lease, batches };
      await ledger.delivery.recordAttempt(lease, batch);
      batches.push(batch);
    }
  }

  async function connected(target: LedgerTarget, work: (db: Kysely<LedgerTables>, pool: pg.Pool) => Promise<void>) {
    const { host, port, database, login } = target;
    const pool = new pg.Pool({ host, port, database, ...login, max: 8 });
    // The next test ends the sessions if they have not closed yet.
    pool.on('error', () => {});
    const db = new Kysely<LedgerTables>({ dialect: new PostgresDialect({ pool }) });
    try {
      await work(db, pool);
    } finally {
      await db.destroy();
    }
  }

  const acceptedOf = async (ledger: Ledger) => (await ledger.reads.runsByIds(['run']))[0]?.counts.accepted;

  test('are all counted when they are settled at the same time', async () => {
    const target = await server.emptyLedger();
    const { ledger, lease, batches } = await attempted(target);
    expect(batches).toHaveLength(8);
    await connected(target, async (db) => {
      const settled = await Promise.all(batches.map((batch) => settleAccepted(db, lease, batch)));
      expect(settled.every(Boolean)).toBe(true);
    });
    expect(await acceptedOf(ledger)).toBe(40);
    expect((await ledger.delivery.progress(lease)).openBatches).toBe(0);
    expect(await everyReceipt(ledger)).toHaveLength(40);
    expect(await ledger.delivery.finish(lease, 'done', null)).toBe('SUCCEEDED');
    await ledger.close();
  });

  test('are not settled twice, nor if other rows are open than were sent', async () => {
    const target = await server.emptyLedger();
    const { ledger, lease, batches } = await attempted(target);
    const [first, second] = batches as [Batch, Batch];
    await connected(target, async (db) => {
      expect(await settleAccepted(db, lease, first)).toBe(true);
      expect(await settleAccepted(db, lease, first)).toBe(false);
      expect(await settleAccepted(db, lease, { ...second, rows: second.rows.slice(1) })).toBe(false);
    });
    expect(await acceptedOf(ledger)).toBe(5);
    expect(await everyReceipt(ledger)).toHaveLength(5);
    expect((await ledger.delivery.progress(lease)).openBatches).toBe(7);
    await ledger.close();
  });

  test('are not settled if the lease is lost, also while the run is locked', async () => {
    const target = await server.emptyLedger();
    const { ledger, lease, batches } = await attempted(target);
    const [batch] = batches as [Batch];
    await connected(target, async (db, pool) => {
      expect(await settleAccepted(db, { ...lease, fence: lease.fence + 1 }, batch)).toBe(false);
      const other = await pool.connect();
      await other.query(`begin; update ledger.push_runs set fence = fence + 1`);
      const settling = settleAccepted(db, lease, batch);
      // The embedded ledger has one session: there it begins after the commit.
      if (name === 'PostgreSQL') await blockedBy(other);
      await other.query('commit');
      other.release();
      expect(await settling).toBe(false);
    });
    expect((await everyRow(ledger, 'run')).every(({ state }) => state === 'PENDING')).toBe(true);
    expect(await everyReceipt(ledger)).toEqual([]);
    expect(await query(target, 'select number from ledger.push_batches where is_done')).toEqual([]);
    await ledger.close();
  });

  // The embedded ledger has one session, so that no two statements are in flight.
  describe.runIf(name === 'PostgreSQL')('while a settlement is in flight', () => {
    /** Begins to settle a batch; its last receipt waits until `end` is called, when its results are written already. */
    async function settlingSlowly<Result>(pool: pg.Pool, batch: Batch, settle: () => Promise<Result>) {
      const other = await pool.connect();
      await other.query('begin');
      await other.query(
        `insert into ledger.push_receipts (iteration_id, strategy_id, created_at, version, values, run_number)
         values ($1, 1, now(), 1, '{"conversions": 1}', 1)`,
        [batch.rows.at(-1)?.iterationId],
      );
      const settling = settle();
      await blockedBy(other);
      return {
        settling,
        end: async () => {
          await other.query('rollback');
          other.release();
        },
      };
    }

    test('no other worker takes the run', async () => {
      const target = await server.emptyLedger();
      const { ledger, lease, batches } = await attempted(target);
      const [batch] = batches as [Batch];
      await connected(target, async (db, pool) => {
        const { settling, end } = await settlingSlowly(pool, batch, () => settleAccepted(db, lease, batch));
        await query(target, 'update ledger.push_runs set lease_until = now()');
        expect(await ledger.delivery.claim('two', 60_000)).toBeNull();
        await end();
        expect(await settling).toBe(true);
      });
      const second = await ledger.delivery.claim('two', 60_000);
      expect(second).toMatchObject({ worker: 'two', fence: lease.fence + 1 });
      expect((await ledger.delivery.nextBatch(second as Lease, []))?.number).toBe(batches[1]?.number);
      expect(await acceptedOf(ledger)).toBe(5);
      await ledger.close();
    });

    test('the end of the run waits for it', async () => {
      const target = await server.emptyLedger();
      const { ledger, lease, batches } = await attempted(target);
      const [batch] = batches as [Batch];
      await connected(target, async (db, pool) => {
        const { settling, end } = await settlingSlowly(pool, batch, () => settleAccepted(db, lease, batch));
        const finishing = ledger.delivery.finish(lease, 'cancelled', null);
        await blockedIn(target, 2);
        await end();
        expect(await settling).toBe(true);
        expect(await finishing).toBe('CANCELLED');
      });
      expect((await ledger.reads.runsByIds(['run']))[0]?.counts).toMatchObject({ accepted: 5, unknown: 35 });
      await ledger.close();
    });

    test.each([
      ['of rows that are all accepted', 'ACCEPTED'],
      ['of other rows', 'STALE'],
    ] as const)('its repetition finds it done: %s', async (_, state) => {
      const target = await server.emptyLedger();
      const { ledger, lease, batches } = await attempted(target);
      const [batch] = batches as [Batch];
      const results = batch.rows.map(({ iterationId }, index): RowResult => {
        return { iterationId, state: index === 0 ? state : 'ACCEPTED', code: null, message: null };
      });
      await connected(target, async (db, pool) => {
        const { settling, end } = await settlingSlowly(pool, batch, () => settleBatch(db, lease, batch, results));
        const repeated = ledger.delivery.settle(lease, batch, results);
        await blockedIn(target, 2);
        await end();
        expect(await Promise.all([settling, repeated])).toEqual([true, true]);
      });
      const counts = state === 'STALE' ? { accepted: 4, stale: 1 } : { accepted: 5, stale: 0 };
      expect((await ledger.reads.runsByIds(['run']))[0]?.counts).toMatchObject(counts);
      await ledger.close();
    });
  });
});

/** Waits until this many sessions of a database wait for a lock. */
async function blockedIn(target: LedgerTarget, sessions: number): Promise<void> {
  const text = `select distinct pid from pg_locks join pg_stat_activity using (pid)
    where not granted and datname = current_database()`;
  await expect.poll(async () => (await query(target, text)).length, { timeout: 20_000 }).toBe(sessions);
}

/** Waits until another session waits for a lock of this one. */
async function blockedBy(session: pg.PoolClient): Promise<void> {
  // Not pg_stat_activity, which a transaction reads once.
  const text = 'select from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))';
  await expect.poll(async () => (await session.query(text)).rowCount, { timeout: 20_000 }).toBe(1);
}
