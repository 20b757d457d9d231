import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refusedRows } from '../../src/db/ledger/migrations/2026-11-29-refused-rows.ts';
import { runSignals } from '../../src/db/ledger/migrations/2026-11-29-run-signals.ts';
import { migrate } from '../../src/db/ledger/migrations/index.ts';
import type { LedgerTables } from '../../src/db/ledger/tables.ts';
import type { LedgerTarget } from '../../src/db/ledger/target.ts';
import { LedgerUnavailable } from '../../src/errors.ts';
import {
  endOf,
  type LedgerServer,
  ledgerServers,
  openTestLedger,
  plannedRows,
  query,
  recordingOf,
  recordRun,
} from '../support/ledgers.ts';

describe.each(ledgerServers)('the migrations of the ledger on %s', (_name, start) => {
  let server: LedgerServer;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.stop());

  async function connected(target: LedgerTarget, work: (db: Kysely<LedgerTables>) => Promise<void>): Promise<void> {
    const { host, port, database, login } = target;
    const pool = new pg.Pool({ host, port, database, ...login });
    // The next test ends the session if it has not closed yet.
    pool.on('error', () => {});
    const db = new Kysely<LedgerTables>({ dialect: new PostgresDialect({ pool }) });
    try {
      await work(db);
    } finally {
      await db.destroy();
    }
  }

  /** Every column, constraint and index of the schema, as text. */
  const shape = (target: LedgerTarget) =>
    query(
      target,
      `select 'column' as kind, table_name || '.' || column_name as name, data_type || is_nullable || coalesce(column_default, '') as what
       from information_schema.columns where table_schema = 'ledger'
       union all
       select 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) from pg_constraint
       where connamespace = 'ledger'::regnamespace
       union all
       select 'index', indexname, indexdef from pg_indexes where schemaname = 'ledger'
       order by 1, 2`,
    );

  test('up, down and up again give the same schema as up', async () => {
    const target = await server.emptyDatabase();
    await connected(target, async (db) => {
      await migrate(db, 'latest');
      const first = await shape(target);
      expect(first.length).toBeGreaterThan(50);
      await migrate(db, 'latest');
      expect(await shape(target)).toEqual(first);
      await migrate(db, 'none');
      const left = await query<{ name: string }>(
        target,
        `select table_name as name from information_schema.tables where table_schema = 'ledger' order by 1`,
      );
      expect(left.map((table) => table.name)).toEqual(['kysely_migration', 'kysely_migration_lock']);
      await migrate(db, 'latest');
      expect(await shape(target)).toEqual(first);
    });
  });

  test('create a schema that rejects invalid rows', async () => {
    const target = await server.emptyDatabase();
    const ledger = openTestLedger(target);
    await recordRun(ledger, { id: 'a', idempotencyKey: 'key' }, plannedRows(2));
    await ledger.close();
    const copy = async (changes: Readonly<Record<string, string>>) => {
      const columns = [
        ...[
          'id',
          'idempotency_key',
          'input_hash',
          'selection',
          'build_id',
          'build_version',
          'build_as_of',
          'conversions',
        ],
        ...['attributed', 'dry_run', 'requested_by', 'state', 'plan_hash', 'totals', 'findings', 'planned', 'accepted'],
        ...['gone', 'finished_at', 'lease_worker', 'lease_until', 'accepted_shrink_percent'],
      ];
      const ended = { id: `'b'`, idempotency_key: 'null', state: `'FAILED'`, finished_at: 'now()', ...changes };
      const values = columns.map((column) => (ended as Record<string, string>)[column] ?? column);
      await query(
        target,
        `insert into ledger.push_runs (${columns}) select ${values} from ledger.push_runs where id = 'a'`,
      );
    };
    const running = { state: `'RUNNING'`, finished_at: 'null' };
    await expect(copy(running)).rejects.toThrow('push_runs_one_running');
    await expect(copy({ idempotency_key: 'idempotency_key' })).rejects.toThrow('idempotency_key');
    await expect(copy({ id: 'id' })).rejects.toThrow('push_runs_id_key');
    await expect(copy({ state: `'LOST'` })).rejects.toThrow('state_check');
    await expect(copy({ finished_at: 'null' })).rejects.toThrow('ends_once');
    await expect(copy({ plan_hash: 'null' })).rejects.toThrow('plan_is_whole');
    await expect(copy({ accepted: '3' })).rejects.toThrow('counts_fit');
    await expect(copy({ accepted: '1', gone: '2' })).rejects.toThrow('counts_fit');
    await expect(copy({ gone: '-1' })).rejects.toThrow('gone_check');
    await expect(copy({ state: `'SUCCEEDED'`, gone: '1' })).rejects.toThrow('success_is_whole');
    await expect(copy({ state: `'SUCCEEDED'` })).rejects.toThrow('success_is_whole');
    await expect(copy({ state: `'PARTIAL'` })).rejects.toThrow('partial_is_some');
    await expect(copy({ state: `'REFUSED'`, accepted: '1' })).rejects.toThrow('refused_sends_nothing');
    await expect(copy({ dry_run: 'true' })).rejects.toThrow('dry_sends_nothing');
    await expect(copy({ lease_worker: `'w'`, lease_until: 'now()' })).rejects.toThrow('lease_is_for_running');
    await expect(copy({ lease_worker: `'w'` })).rejects.toThrow('lease_is');
    await expect(copy({ accepted_shrink_percent: '50' })).rejects.toThrow('accepted_shrink_is_whole');
    await copy({});
    await copy({ id: `'c'`, state: `'SUCCEEDED'`, accepted: '1', gone: '1' });
    const result = "insert into ledger.push_results (run_number, iteration_id, state) values (1, 1, 'LOST')";
    await expect(query(target, result)).rejects.toThrow('state_check');
    const twice = 'insert into ledger.push_rows select * from ledger.push_rows limit 1';
    await expect(query(target, twice)).rejects.toThrow('push_rows_pkey');
    const orphan =
      'insert into ledger.push_batches (run_number, number, first_id, last_id, row_count) values (999, 1, 1, 1, 1)';
    await expect(query(target, orphan)).rejects.toThrow('foreign key');
  });

  test('can be undone with a refused run that kept rows', async () => {
    const target = await server.emptyDatabase();
    const ledger = openTestLedger(target);
    const recording = await recordingOf(ledger.pushes, { id: 'a' });
    await recording.commit(endOf('REFUSED', 2, plannedRows(2)));
    await ledger.close();
    await connected(target, async (db) => {
      await refusedRows.down?.(db);
      expect(await query(target, 'select planned, batches from ledger.push_runs')).toEqual([
        { planned: '0', batches: 0 },
      ]);
      expect(await query(target, 'select from ledger.push_rows union all select from ledger.push_batches')).toEqual([]);
      await refusedRows.up(db);
    });
  });

  test('do not report runs that ended before', async () => {
    const target = await server.emptyDatabase();
    const first = openTestLedger(target);
    const recording = await recordingOf(first.pushes, { id: 'a' });
    await recording.commit(endOf('REFUSED', 0));
    await recordRun(first, { id: 'b' }, plannedRows(1));
    await first.close();
    await connected(target, async (db) => {
      await runSignals.down?.(db);
      await runSignals.up(db);
    });
    const ledger = openTestLedger(target);
    expect(await ledger.pushes.takeEnded()).toBeNull();
    const lease = await ledger.delivery.claim('one', 60_000);
    if (lease) await ledger.delivery.finish(lease, 'gave up', null);
    expect(await ledger.pushes.takeEnded()).toMatchObject({ id: 'b' });
    await ledger.close();
  });

  test('run once if several services start at once', async () => {
    const target = await server.emptyDatabase();
    const ledgers = Array.from({ length: 5 }, () => openTestLedger(target));
    expect(await Promise.all(ledgers.map((ledger) => ledger.reads.countRuns({})))).toEqual([0, 0, 0, 0, 0]);
    await Promise.all(ledgers.map((ledger) => ledger.close()));
    const names = await query<{ name: string }>(target, 'select name from ledger.kysely_migration order by name');
    expect(names.map(({ name }) => name)).toEqual([
      '2026-02-01-pushes',
      '2026-02-20-cancelled-by',
      '2026-02-21-rows-deleted',
      '2026-03-01-next-attempt',
      '2026-11-27-gone',
      '2026-11-27-peak-conversions',
      '2026-11-28-request-note',
      '2026-11-29-refused-rows',
      '2026-11-29-run-signals',
      '2026-11-30-receipt-space',
      '2026-11-30-saved-queries',
    ]);
  });

  test('of a later version are reported, and nothing is changed', async () => {
    const target = await server.emptyDatabase();
    const first = openTestLedger(target);
    await recordRun(first, { id: 'a' }, plannedRows(1));
    await first.close();
    await query(target, `insert into ledger.kysely_migration values ('2999-01-01-later', '2026-02-02T00:00:00.000Z')`);
    const explanations: string[] = [];
    const ledger = openTestLedger(target, { onFault: (_, fault) => explanations.push(fault.explanation) });
    await expect(ledger.reads.countRuns({})).rejects.toBeInstanceOf(LedgerUnavailable);
    expect(explanations).toEqual([expect.stringMatching(/A newer version of the service .*2999-01-01-later/)]);
    await query(target, `delete from ledger.kysely_migration where name like '2999%'`);
    expect(await ledger.reads.countRuns({})).toBe(1);
    await ledger.close();
  });
});
