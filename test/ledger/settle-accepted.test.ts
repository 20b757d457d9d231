import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ledger } from '../../src/db/ledger/connect.ts';
import { settleAccepted } from '../../src/db/ledger/queries/settle-accepted.ts';
import type { LedgerTables } from '../../src/db/ledger/tables.ts';
import type { LedgerTarget } from '../../src/db/ledger/target.ts';
import type { Lease } from '../../src/push/ports.ts';
import type { Batch } from '../../src/push/types.ts';
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
      const isWaiting = async () => (await other.query('select from pg_locks where not granted')).rowCount !== 0;
      if (name === 'PostgreSQL') while (!(await isWaiting()));
      await other.query('commit');
      other.release();
      expect(await settling).toBe(false);
    });
    expect((await everyRow(ledger, 'run')).every(({ state }) => state === 'PENDING')).toBe(true);
    expect(await everyReceipt(ledger)).toEqual([]);
    expect(await query(target, 'select number from ledger.push_batches where is_done')).toEqual([]);
    await ledger.close();
  });
});
