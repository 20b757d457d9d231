import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { withClient } from '../../local/postgres/client.ts';
import { type Ledger, type LedgerOptions, type OpenTarget, openLedger } from '../../src/db/ledger/connect.ts';
import type { LedgerTarget } from '../../src/db/ledger/target.ts';
import { openEmbeddedLedger } from '../../src/embedded/index.ts';
import { embeddedLedger } from '../../src/embedded/store-kind.ts';
import { WireServer } from '../../src/embedded/wire-server.ts';
import type { Recording } from '../../src/push/ledger.ts';
import { createPglite } from './pglite.ts';
import { sharedPostgres } from './postgres.ts';
import { batchRows } from './push-rows.ts';

/** A server that ledgers can lie on. */
export interface LedgerServer {
  /** An empty database, the only one in use at a time. */
  emptyDatabase(): Promise<LedgerTarget>;
  /** The same database with the ledger's tables, which are empty. Cheaper: the tables of the last ledger are kept. */
  emptyLedger(): Promise<LedgerTarget>;
  stop(): Promise<void>;
}

/** The servers that every test of the ledger runs on. */
export const ledgerServers: readonly (readonly [string, () => Promise<LedgerServer>])[] = [
  ['PGlite', startPglite],
  ['PostgreSQL', startRealPostgres],
];

/** Without tables, it does nothing: the ledger that is opened next creates them. */
const emptyTables = `do $$ begin
  execute (
    select 'truncate ' || string_agg(format('ledger.%I', tablename), ', ') || ' restart identity'
    from pg_tables where schemaname = 'ledger' and tablename not like 'kysely%'
  );
exception when null_value_not_allowed then null;
end $$`;

async function startPglite(): Promise<LedgerServer> {
  const folder = mkdtempSync(join(tmpdir(), 'ledger-'));
  const database = await createPglite();
  const server = new WireServer(database, embeddedLedger.serving, (error) => {
    throw error;
  });
  await server.listen(join(folder, '.s.PGSQL.5432'));
  const login = { user: 'postgres', password: '' };
  const target = { dialect: 'pglite', host: folder, port: 5432, database: 'postgres', login, tls: null } as const;
  const empty = async (statement: string) => {
    await database.exec(statement);
    return target;
  };
  return {
    emptyDatabase: () => empty('drop schema if exists ledger cascade'),
    emptyLedger: () => empty(emptyTables),
    stop: async () => {
      await server.close();
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startRealPostgres(): Promise<LedgerServer> {
  const server = sharedPostgres();
  const { host, port, user, password, database } = await server.createDatabase('ledger');
  const target = { dialect: 'postgres', host, port, database, login: { user, password }, tls: null } as const;
  const empty = async (statement: string) => {
    // Sessions that an earlier test left behind would hold locks.
    const sessions = 'pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()';
    await query(target, `select pg_terminate_backend(pid) from ${sessions}`);
    await query(target, statement);
    return target;
  };
  return {
    emptyDatabase: () => empty('drop schema if exists ledger cascade'),
    emptyLedger: () => empty(emptyTables),
    stop: () => server.stop(),
  };
}

type TestOptions = LedgerOptions & { readonly batchRows: number };

/** Opens the ledger that lies in a database. */
export function openTestLedger(target: LedgerTarget, options: Partial<TestOptions> = {}): Ledger {
  const openTarget = async () => ({ target, close: async () => {} });
  return endingRecordings(openLedger({ ...defaults, openTarget, ...options }));
}

/** Starts the embedded ledger in a folder. */
export async function openEmbeddedTarget(dataDir: string): Promise<OpenTarget> {
  const embedded = await openEmbeddedLedger({
    dataDir,
    now: () => new Date('2026-07-01T00:00:00Z'),
    onFailure: (error) => {
      throw error;
    },
  });
  const { host, port, database, user } = embedded.connection;
  const target = { dialect: 'pglite', host, port, database, login: { user, password: '' }, tls: null } as const;
  return { target, close: () => embedded.close() };
}

/** Opens the embedded ledger in a folder. */
export function openLedgerIn(dataDir: string, options: Partial<TestOptions> = {}): Ledger {
  return endingRecordings(openLedger({ ...defaults, openTarget: () => openEmbeddedTarget(dataDir), ...options }));
}

/**
 * The ledger, which rolls back open recordings when it is closed. A ledger waits for them, so a test whose assertion fails
 * during a recording would hang in the hook that closes the ledger.
 */
function endingRecordings(ledger: Ledger): Ledger {
  const recordings: Recording[] = [];
  const begin: Ledger['pushes']['begin'] = async (run) => {
    const begun = await ledger.pushes.begin(run);
    if (begun.kind === 'recording') recordings.push(begun.recording);
    return begun;
  };
  return {
    ...ledger,
    pushes: { ...ledger.pushes, begin },
    close: async () => {
      await Promise.all(recordings.splice(0).map((recording) => recording.rollback()));
      await ledger.close();
    },
  };
}

const defaults = {
  maxConnections: 4,
  waitMilliseconds: 10_000,
  statementMilliseconds: 60_000,
  onConnectionLost: () => {},
  batchRows,
};

/** The test's own statements. */
export function query<Row extends pg.QueryResultRow>(
  { host, port, database, login }: LedgerTarget,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  return withClient({ host, port, database, ...login }, async (client) => (await client.query<Row>(text, values)).rows);
}
