import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Ledger } from '../../src/db/ledger/connect.ts';
import { savedTexts } from '../../src/db/ledger/queries/saved-queries.ts';
import { type EmbeddedStore, EmbeddedStoreError, openEmbeddedLedger } from '../../src/embedded/index.ts';
import { LedgerUnavailable } from '../../src/errors.ts';
import { openFor, writeFiles } from '../embedded/support.ts';
import { everyRow, openEmbeddedTarget, openLedgerIn, plannedRows, recordRun } from '../support/ledgers.ts';

// The ledger's database in DATA_DIR, next to the warehouse's.
const root = mkdtempSync(join(tmpdir(), 'embedded-ledger-'));
const dataDir = join(root, 'data');
const csvFolder = writeFiles(join(root, 'csv'));
beforeAll(async () => {
  await use((ledger) => recordRun(ledger, { id: 'first' }, plannedRows(4)));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function use<Result>(work: (ledger: Ledger) => Promise<Result>): Promise<Result> {
  const ledger = openLedgerIn(dataDir);
  try {
    return await work(ledger);
  } finally {
    await ledger.close();
  }
}

test('is kept until the next start, next to a warehouse in the same folder', async () => {
  await openFor(dataDir, { csvFolder }, async ({ query }) => {
    await use(async (ledger) => {
      expect(await everyRow(ledger, 'first')).toHaveLength(4);
      expect(await query('select count(*)::int as n from adgem.clicks')).toEqual([{ n: 2 }]);
    });
  });
});

test('keeps saved queries until the next start', async () => {
  const input = { id: null, name: 'a', document: '{ a }', variables: null, replace: false };
  const limits = { perOwner: 1, inAll: 1 };
  const saved = await use((ledger) => ledger.savedQueries.save(input, { name: 'ana', mayChangeAll: false }, limits));
  const kept = await use((ledger) => ledger.savedQueries.page({ first: 10, after: null }, savedTexts));
  expect(saved).toEqual({ kind: 'done', query: kept.rows[0] });
});

test('is used by one service; another one gets its name, and can use it when the first has ended', async () => {
  const explanations: string[] = [];
  await use(async (ledger) => {
    await ledger.reads.countRuns({});
    const second = openLedgerIn(dataDir, { onFault: (_, fault) => explanations.push(fault.explanation) });
    await expect(second.reads.countRuns({})).rejects.toBeInstanceOf(LedgerUnavailable);
    await second.close();
  });
  expect(explanations).toEqual([expect.stringContaining(`in use by process ${process.pid}`)]);
  expect(await use((ledger) => ledger.reads.countRuns({}))).toBe(1);
});

test('can be written to by any client, and rolls back unfinished transactions of a client that leaves', async () => {
  const { target, close } = await openEmbeddedTarget(dataDir);
  const clients = [1, 2].map(() => new pg.Client({ host: target.host, database: target.database, ...target.login }));
  const [one, two] = clients as [pg.Client, pg.Client];
  await one.connect();
  await two.connect();
  await one.query('create table notes (text text)');
  await two.query(`insert into notes values ('kept')`);
  await one.query('set default_transaction_read_only = on');
  await two.query(`begin; insert into notes values ('left half done')`);
  await two.end();
  expect((await one.query('select text from notes')).rows).toEqual([{ text: 'kept' }]);
  await one.query('drop table notes');
  await one.end();
  await close();
});

test('that is damaged is kept, and the message does not advise deleting it', async () => {
  const control = join(dataDir, 'ledger/postgres/global/pg_control');
  const good = readFileSync(control);
  truncateSync(control, 100);
  const error = await openEmbeddedTarget(dataDir).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(EmbeddedStoreError);
  expect(String(error)).toMatch(/embedded ledger in .*pg_control is truncated\. It contains the history of all pushes/);
  expect(String(error)).toMatch(/restore a backup of that folder, or set DATA_DIR to another folder/);
  expect(String(error)).not.toMatch(/delete/);
  writeFileSync(control, good);
  expect(await use((ledger) => everyRow(ledger, 'first'))).toHaveLength(4);
});

test('that crashes is reported once, fails operations, and can be opened again', async () => {
  const failures: EmbeddedStoreError[] = [];
  let report: () => void = () => {};
  const reported = new Promise<void>((resolve) => {
    report = resolve;
  });
  const store: EmbeddedStore = await openEmbeddedLedger({
    dataDir,
    now: () => new Date(),
    onFailure: (error) => {
      failures.push(error);
      report();
    },
  });
  const { host, port, database, user } = store.connection;
  const target = { dialect: 'pglite', host, port, database, login: { user, password: '' }, tls: null } as const;
  const ledger = openLedgerIn(dataDir, { openTarget: async () => ({ target, close: () => store.close() }) });
  expect(await ledger.reads.countRuns({})).toBe(1);
  const client = new pg.Client({ host, port, database, user });
  client.on('error', () => {});
  await client.connect();
  const control = join(dataDir, 'ledger/postgres/global/pg_control');
  const good = readFileSync(control);
  // PostgreSQL crashes (PANIC) if it can't write this file.
  rmSync(control);
  await expect(client.query('checkpoint')).rejects.toThrow();
  await reported;
  await expect(ledger.reads.countRuns({})).rejects.toBeInstanceOf(LedgerUnavailable);
  expect(failures.map(String)).toEqual([expect.stringContaining('The embedded ledger has stopped')]);
  await ledger.close();
  writeFileSync(control, good);
  expect(await use((again) => everyRow(again, 'first'))).toHaveLength(4);
  expect(existsSync(join(dataDir, 'ledger/socket/.s.PGSQL.5432'))).toBe(false);
});
