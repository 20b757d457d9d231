import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect } from 'vitest';
import { withClient } from '../../local/postgres/server.ts';
import { type Ledger, type LedgerOptions, type OpenTarget, openLedger } from '../../src/db/ledger/connect.ts';
import type { LedgerTarget } from '../../src/db/ledger/target.ts';
import { openEmbeddedLedger } from '../../src/embedded/index.ts';
import { embeddedLedger } from '../../src/embedded/store-kind.ts';
import { WireServer } from '../../src/embedded/wire-server.ts';
import type { NewRun, PushLedger, Receipt, Recording } from '../../src/push/ledger.ts';
import type { MetricsValues, PlannedRow, PlanTotals, PushBuild, RowState } from '../../src/push/types.ts';
import { valuesText } from '../../src/push/values.ts';
import { createPglite, sharedPostgres } from './databases.ts';

export interface RowStanding {
  readonly iterationId: string;
  readonly state: RowState;
  readonly code: string | null;
  readonly message: string | null;
}

/** Rows per batch in the tests of stores. */
export const batchRows = 3;

/** A server for ledgers. */
export interface LedgerServer {
  /** Empties the server's database, which only one ledger may use at a time. */
  emptyDatabase(): Promise<LedgerTarget>;
  /** The same database with empty tables. Faster, because the tables of the previous ledger are kept. */
  emptyLedger(): Promise<LedgerTarget>;
  stop(): Promise<void>;
}

/** Every test of the ledger runs on each of these servers. */
export const ledgerServers: readonly (readonly [string, () => Promise<LedgerServer>])[] = [
  ['PGlite', startPglite],
  ['PostgreSQL', startRealPostgres],
];

/** Does nothing without tables: the next ledger creates them. */
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

type TestOptions = LedgerOptions & { readonly batchRows: number; readonly statusOpens?: () => boolean };

/** Opens the ledger in a database. */
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

/** Runs a statement of the test itself. */
export function query<Row extends pg.QueryResultRow>(
  { host, port, database, login }: LedgerTarget,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  return withClient({ host, port, database, ...login }, async (client) => (await client.query<Row>(text, values)).rows);
}

/** The parts of a run that a test sets; the rest has default values. */
export type SomeRun = Partial<Omit<NewRun, 'build'>> & { readonly id: string; readonly version?: number };

/** A new run, with default values for what the test does not set. */
export function newRun({ version = 1, ...run }: SomeRun): NewRun {
  return {
    idempotencyKey: null,
    inputHash: 'hash',
    selection: { iterationIds: null, strategyIds: null },
    build: { ...buildOf(version), conversions: 100, attributed: 90 },
    dryRun: false,
    requestedBy: 'test',
    isVerified: false,
    note: null,
    override: null,
    retryOf: null,
    ...run,
  };
}

/** Begins a run that must not be blocked by another. */
export async function recordingOf(pushes: PushLedger, run: SomeRun): Promise<Recording> {
  const begun = await pushes.begin(newRun(run));
  if (begun.kind !== 'recording') throw new Error(`not recording: ${JSON.stringify(begun)}`);
  return begun.recording;
}

/** The outcome of a recording with this number of rows. */
export function endOf(
  state: 'RUNNING' | 'REFUSED' | 'SUCCEEDED',
  changed: number,
  keptRows: readonly PlannedRow[] = [],
): Parameters<Recording['commit']>[0] {
  return { state, planHash: 'plan', totals: totalsOf(changed), findings: [], acceptedShrink: null, keptRows };
}

/** Records a running run with these rows. */
export async function recordRun(
  ledger: Pick<Ledger, 'pushes'>,
  run: SomeRun,
  rows: readonly PlannedRow[],
): Promise<string> {
  const recording = await recordingOf(ledger.pushes, run);
  await recording.add(rows);
  await recording.commit(endOf('RUNNING', rows.length));
  return run.id;
}

/** The state of each row of a run, read page by page. */
export async function everyRow(
  ledger: Pick<Ledger, 'reads'>,
  runId: string,
  states: readonly RowState[] | null = null,
  first = 2,
): Promise<RowStanding[]> {
  const all: RowStanding[] = [];
  for (;;) {
    const last = all.at(-1);
    const request = { first, after: last ? [last.iterationId] : null };
    const page = (await ledger.reads.rowPages([runId], states, request)).get(runId);
    const rows = page?.rows ?? [];
    expect(rows.length).toBeLessThanOrEqual(first);
    all.push(...rows.map(({ iterationId, state, code, message }) => ({ iterationId, state, code, message })));
    if (!page?.hasNextPage) return all;
  }
}

/** All receipts, read page by page, without what only the database determines. */
export async function everyReceipt(
  { pushes }: Pick<Ledger, 'pushes'>,
  limit = 1_000,
): Promise<Pick<Receipt, 'iterationId' | 'version' | 'values' | 'runId'>[]> {
  const all: Receipt[] = [];
  for (;;) {
    const after = all.at(-1)?.iterationId ?? null;
    const selection = { iterationIds: null, strategyIds: null };
    const page = await pushes.receipts({ after, through: null, selection, limit });
    all.push(...page);
    if (page.length < limit) {
      return all.map(({ iterationId, version, values, runId }) => ({ iterationId, version, values, runId }));
    }
  }
}

/** Values that differ by `conversions`, with every optional part filled. */
export function someValues(conversions: number): MetricsValues {
  const payout = `${conversions}.5000`;
  return {
    clicks: conversions * 10,
    conversions,
    payout,
    firstConversionAt: '2026-02-01T00:00:00.000001Z',
    lastConversionAt: '2026-02-02T00:00:00.999999Z',
    byGoal: [
      { goalReferenceId: 'a "quoted"\ngoal, \\ with ünïcode', conversions, payout },
      { goalReferenceId: null, conversions: 0, payout: '0.0000' },
    ],
  };
}

/** The canonical text of `someValues`. */
export const someText = (conversions: number): string => valuesText(someValues(conversions));

/** Values of an iteration that only has clicks. */
export const noConversions: MetricsValues = {
  clicks: 3,
  conversions: 0,
  payout: '0.0000',
  firstConversionAt: null,
  lastConversionAt: null,
  byGoal: [],
};

/** A row of a plan. Its strategy and values follow from the iteration's id. */
export function plannedRow(iterationId: string, values: MetricsValues = someValues(Number(iterationId))): PlannedRow {
  return {
    iterationId,
    strategyId: String(BigInt(iterationId) % 7n),
    createdAt: '2026-01-08T10:18:24.372261Z',
    old: null,
    new: values,
    oldText: null,
    newText: valuesText(values),
  };
}

/** Rows of the iterations 1 to `count`. */
export function plannedRows(count: number): PlannedRow[] {
  return Array.from({ length: count }, (_, index) => plannedRow(String(index + 1)));
}

/** The build with this number. */
export function buildOf(version: number): PushBuild {
  return { id: `build-${version}`, version, asOf: '2026-02-03T04:05:06.000007Z' };
}

/** The totals of a plan with this number of rows; the others are arbitrary. */
export function totalsOf(changed: number): PlanTotals {
  return {
    iterations: changed + 1,
    changed,
    oldConversions: 1,
    newConversions: 2,
    oldPayout: '1.0000',
    newPayout: '2.2500',
  };
}
