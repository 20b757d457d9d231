import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import { withClient } from '../../local/postgres/client.ts';
import { startPostgres } from '../../local/postgres/temporary.ts';
import { type Ledger, type LedgerOptions, type OpenTarget, openLedger } from '../../src/db/ledger/connect.ts';
import type { LedgerTarget } from '../../src/db/ledger/target.ts';
import { openEmbeddedLedger } from '../../src/embedded/index.ts';
import { embeddedLedger } from '../../src/embedded/store-kind.ts';
import { WireServer } from '../../src/embedded/wire-server.ts';
import type { Recording } from '../../src/push/ledger.ts';
import { batchRows } from './push-rows.ts';

/** A server that ledgers can lie on. */
export interface LedgerServer {
  /** An empty database, the only one in use at a time. */
  emptyDatabase(): Promise<LedgerTarget>;
  stop(): Promise<void>;
}

/** The servers that every test of the ledger runs on. */
export const ledgerServers: readonly (readonly [string, () => Promise<LedgerServer>])[] = [
  ['PGlite', startPglite],
  ['PostgreSQL', startRealPostgres],
];

async function startPglite(): Promise<LedgerServer> {
  const folder = mkdtempSync(join(tmpdir(), 'ledger-'));
  const database = await PGlite.create();
  const server = new WireServer(database, embeddedLedger.serving, (error) => {
    throw error;
  });
  await server.listen(join(folder, '.s.PGSQL.5432'));
  const login = { user: 'postgres', password: '' };
  return {
    emptyDatabase: async () => {
      await database.exec('drop schema if exists ledger cascade');
      return { dialect: 'pglite', host: folder, port: 5432, database: 'postgres', login, tls: null };
    },
    stop: async () => {
      await server.close();
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startRealPostgres(): Promise<LedgerServer> {
  const server = await startPostgres();
  return {
    emptyDatabase: async () => {
      const { host, port, user, password, database } = await server.createDatabase(`ledger_${randomUUID()}`);
      return { dialect: 'postgres', host, port, database, login: { user, password }, tls: null };
    },
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
