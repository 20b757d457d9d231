import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migrate } from '../../src/db/ledger/migrations/index.ts';
import type { LedgerTables } from '../../src/db/ledger/tables.ts';
import type { LedgerTarget } from '../../src/db/ledger/target.ts';
import { LedgerUnavailable } from '../../src/errors.ts';
import { recordRun } from '../support/ledger-runs.ts';
import { type LedgerServer, ledgerServers, openTestLedger, query } from '../support/ledger-stores.ts';
import { plannedRows } from '../support/push-rows.ts';

describe.each(ledgerServers)('the migrations of the ledger on %s', (_name, start) => {
  let server: LedgerServer;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.stop());

  async function connected(target: LedgerTarget, work: (db: Kysely<LedgerTables>) => Promise<void>): Promise<void> {
    const { host, port, database, login } = target;
    const pool = new pg.Pool({ host, port, database, ...login });
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

  test('up, down and up again leave what up left', async () => {
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

  test('run once, however many services start at once', async () => {
    const target = await server.emptyDatabase();
    const ledgers = Array.from({ length: 5 }, () => openTestLedger(target));
    expect(await Promise.all(ledgers.map((ledger) => ledger.reads.countRuns({})))).toEqual([0, 0, 0, 0, 0]);
    await Promise.all(ledgers.map((ledger) => ledger.close()));
    expect(await query(target, 'select name from ledger.kysely_migration')).toHaveLength(1);
  });

  test('of a later version are told, and nothing is done', async () => {
    const target = await server.emptyDatabase();
    const first = openTestLedger(target);
    await recordRun(first, { id: 'a' }, plannedRows(1));
    await first.close();
    await query(target, `insert into ledger.kysely_migration values ('2999-01-01-later', '2026-02-02T00:00:00.000Z')`);
    const explanations: string[] = [];
    const ledger = openTestLedger(target, { onFault: (_, fault) => explanations.push(fault.explanation) });
    await expect(ledger.reads.countRuns({})).rejects.toBeInstanceOf(LedgerUnavailable);
    expect(explanations).toEqual([expect.stringMatching(/another version of the service .*2999-01-01-later/)]);
    await query(target, `delete from ledger.kysely_migration where name like '2999%'`);
    expect(await ledger.reads.countRuns({})).toBe(1);
    await ledger.close();
  });
});
