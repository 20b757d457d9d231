import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { inject } from 'vitest';
import { demoEnd } from '../../local/demo-end.ts';
import type { WarehouseTarget } from '../../src/db/warehouse/pool.ts';
import { Findings } from '../../src/embedded/csv/csv-faults.ts';
import { readCsv } from '../../src/embedded/csv/read.ts';
import { loadDbtProject, runDbtProject } from '../../src/embedded/dbt/index.ts';
import { demoSource } from '../../src/embedded/demo/source.ts';
import { type RawTable, rawTableStatements, rawTables } from '../../src/embedded/raw-tables.ts';
import { embeddedWarehouse } from '../../src/embedded/store-kind.ts';
import { WireServer } from '../../src/embedded/wire-server.ts';
import { createPglite, serviceUser, sharedPostgres } from './databases.ts';

/** An empty database, and the service's connection to it. */
export interface DatabaseStore {
  readonly target: WarehouseTarget;
  /** Runs a statement of the test itself. Unlike the service, it may write. */
  query(sql: string, parameters?: unknown[]): Promise<{ rows: Record<string, unknown>[]; rowCount: number | null }>;
  close(): Promise<void>;
}

/** PGlite behind a Unix socket, like the embedded warehouse. */
export async function openPgliteStore(): Promise<DatabaseStore> {
  const folder = mkdtempSync(join(tmpdir(), 'attribution-'));
  const database = await createPglite();
  const server = new WireServer(database, embeddedWarehouse.serving, (error) => {
    throw error;
  });
  await server.listen(join(folder, '.s.PGSQL.5432'));
  const login = { kind: 'password', user: 'postgres', password: '' } as const;
  return {
    target: { dialect: 'pglite', host: folder, port: 5432, database: 'postgres', login, tls: null },
    query: async (sql, parameters = []) => {
      // All share one session, which the server makes read-only when it serves a client.
      await database.exec('set default_transaction_read_only = off');
      const { rows } = await database.query<Record<string, unknown>>(sql, parameters);
      return { rows, rowCount: rows.length };
    },
    close: async () => {
      await server.close();
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A database on the shared PostgreSQL server. The service's user may only SELECT. */
export async function openPostgresStore(): Promise<DatabaseStore> {
  const server = sharedPostgres();
  const { host, port, database, ...login } = await server.createDatabase('warehouse');
  const owner = new pg.Client({ host, port, database, ...login });
  await owner.connect();
  for (const schema of ['attribution', 'adsuite_mirror']) {
    await owner.query(`create schema ${schema}`);
    await owner.query(`grant usage on schema ${schema} to ${serviceUser.user}`);
    await owner.query(`alter default privileges in schema ${schema} grant select on tables to ${serviceUser.user}`);
  }
  return {
    target: {
      // As on Redshift, sessions are read-only by the user's rights, not by a setting.
      dialect: 'redshift',
      host,
      port,
      database,
      login: { kind: 'password', ...serviceUser },
      tls: null,
    },
    query: (sql, parameters = []) => owner.query(sql, parameters),
    close: async () => {
      await owner.end();
      await server.stop();
    },
  };
}

/** Rows of the raw tables: each an object of column values as text, or null. */
export interface RawWorld {
  readonly strategies: readonly RawRow[];
  readonly iterations: readonly RawRow[];
  readonly campaigns: readonly RawRow[];
  readonly clicks: readonly RawRow[];
  readonly events: readonly RawRow[];
}

type RawRow = Readonly<Record<string, string | null>>;

/** A warehouse for a test. */
export interface TestDatabase {
  readonly target: WarehouseTarget;
  /** Runs a statement of the test itself. Unlike the service, it may write. */
  query<Row = Record<string, string | null>>(sql: string, parameters?: unknown[]): Promise<{ rows: Row[] }>;
  /** Runs the dbt project on the raw tables. The vars override the project's. */
  build(asOf: string, vars?: Readonly<Record<string, unknown>>): Promise<void>;
  close(): Promise<void>;
}

const project = loadDbtProject(join(import.meta.dirname, '../../warehouse/dbt'));

/** A warehouse with these raw rows, attributed as of an instant. @param kind that of this test run if omitted. */
export async function openTestDatabase(
  world: RawWorld,
  asOf: string,
  kind = inject('warehouses'),
): Promise<TestDatabase> {
  return attributed(asOf, kind, async (store) => {
    for (const table of rawTables) await insert(store, table, world[table.name as keyof RawWorld]);
  });
}

/** The same with the demo data. */
export async function openDemoDatabase(asOf: string): Promise<TestDatabase> {
  const source = demoSource({ end: demoEnd });
  return attributed(asOf, inject('warehouses'), async (store) => {
    for (const table of rawTables) {
      for await (const { text } of readCsv(table, source, new Findings(), asOf)) {
        await insert(
          store,
          table,
          text
            .split('\n')
            .slice(0, -1)
            .map((line) => fromCopy(table, line)),
        );
      }
    }
  });
}

async function attributed(
  asOf: string,
  kind: 'PGlite' | 'PostgreSQL',
  fill: (store: DatabaseStore) => Promise<void>,
): Promise<TestDatabase> {
  const store = kind === 'PGlite' ? await openPgliteStore() : await openPostgresStore();
  for (const statement of rawTableStatements()) await store.query(statement);
  await fill(store);
  // As after a load: without statistics, the plans for the demo data take minutes.
  await store.query(`analyze ${rawTables.map(({ schema, name }) => `${schema}.${name}`).join(', ')}`);
  for (const table of ['strategies', 'iterations']) {
    await store.query('insert into adsuite_mirror.refreshes values ($1, $2, $2)', [table, asOf]);
  }
  let builds = 0;
  const build = async (instant: string, vars: Readonly<Record<string, unknown>> = {}) => {
    builds += 1;
    await runDbtProject(project, store, {
      startedAt: instant,
      asOf: instant,
      invocationId: `build-${builds}`,
      fullRefresh: true,
      vars,
    });
  };
  await build(asOf);
  return { target: store.target, query: store.query as TestDatabase['query'], build, close: store.close };
}

/** As JSON, so that one statement inserts any number of rows. */
async function insert(store: DatabaseStore, table: RawTable, rows: readonly RawRow[]): Promise<void> {
  const types = table.columns.map(({ name, type }) => `"${name}" ${type}`).join(', ');
  await store.query(
    `insert into ${table.schema}.${table.name}
     select * from jsonb_to_recordset($1::jsonb) as given (${types})`,
    [JSON.stringify(rows)],
  );
}

/** Parses a line of COPY's text format. */
function fromCopy({ columns }: RawTable, line: string): RawRow {
  const fields = line.split('\t');
  return Object.fromEntries(columns.map(({ name }, index) => [name, unescaped(fields[index] ?? '')]));
}

function unescaped(field: string): string | null {
  if (field === '\\N') return null;
  const letters: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\' };
  return field.replaceAll(/\\(.)/g, (_, letter: string) => letters[letter] ?? letter);
}

/** `as_of` of the small world's build. */
export const smallWorldAsOf = '2026-02-20T00:00:00.000000Z';

const start = Date.UTC(2026, 0, 1);
const minute = 60_000;

/** The instant `minutes` after the start of 2026, with these microseconds. */
function at(minutes: number, microseconds = 0): string {
  return `${new Date(start + minutes * minute).toISOString().slice(0, 19)}.${String(microseconds).padStart(6, '0')}Z`;
}

/**
 * A small world with many ties: equal times, equal payouts, missing values, a shared offer, a late offer, iterations of one
 * instant, clicks on the boundary. `strategies` sets its size; the rest is derived from it.
 */
export function smallWorld(strategies = 12): RawWorld {
  const ids = Array.from({ length: strategies }, (_, index) => index + 1);
  const iterations = ids
    // The third strategy has no iteration.
    .filter((id) => id !== 3)
    .flatMap((id) =>
      Array.from({ length: 1 + (id % 5) }, (_, index) => ({
        iteration_id: String(id * 100 + index),
        strategy_id: String(id),
        name: index % 2 ? null : `Iteration ${index + 1}`,
        // The second strategy's iterations all begin at one instant.
        created_at: id === 2 ? at(1000) : at(1000 + index * 2000, (id * 7 + index) % 3),
      })),
    );
  // Clicks every 90 minutes, some exactly when an iteration begins.
  const clicks = Array.from({ length: strategies * 14 }, (_, index) => ({
    click_id: `c${index}`,
    campaign_id: index % 17 === 5 ? '999' : String((index % (strategies + 1)) + 1),
    timestamp:
      index % 7 === 0 ? at(1000 + (index % 4) * 2000, index % 3) : at(400 + index * 90, (index * 37) % 1_000_000),
    iteration_id: index % 23 === 9 ? '100' : null,
    loaded_at: at(500 + index * 90),
  }));
  const events = Array.from({ length: strategies * 12 }, (_, index) => ({
    event_id: `e${String((index * 31) % (strategies * 12)).padStart(4, '0')}`,
    event_type: 'goal_complete',
    click_id: index % 11 === 3 ? null : index % 13 === 4 ? `lost${index}` : `c${(index * 5) % clicks.length}`,
    goal_reference_id: index % 9 === 8 ? null : `g${index % 3}`,
    payout: index % 6 === 0 ? null : `${index % 4}.${index % 2 ? '5000' : '1234'}`,
    // Groups of five have equal times.
    timestamp: at(2000 + Math.floor(index / 5) * 600, 5),
    loaded_at: at(2100 + Math.floor(index / 7) * 700),
  }));
  return {
    strategies: ids.map((id) => ({
      id: String(id),
      name: id % 4 === 0 ? null : `Strategy ${'ABC'[id % 3]}`,
      // 5 and 6 share an offer; 7 has none yet.
      tune_offer_id: id === 7 ? null : String(id === 6 ? 5005 : 5000 + id),
      created_at: at(Math.floor(id / 3)),
    })),
    iterations,
    campaigns: [
      ...ids.map((id) => ({ id: String(id), name: `Campaign ${id}`, adaction_id: String(5000 + id) })),
      { id: String(strategies + 1), name: 'Without offer', adaction_id: null },
    ],
    clicks,
    events,
  };
}
