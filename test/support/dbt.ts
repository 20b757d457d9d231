import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import {
  DbtProjectError,
  loadDbtProject,
  type RunOptions,
  type RunResult,
  runDbtProject,
} from '../../src/embedded/dbt/index.ts';
import { rawTableStatements, rawTables } from '../../src/embedded/raw-tables.ts';
import { createPglite, sharedPostgres } from './empty-databases.ts';

export type Row = Record<string, unknown>;

/** One connection to an empty database that has the raw tables, in a session whose time zone is not UTC. */
export interface Store {
  query(sql: string): Promise<{ rows: Row[]; rowCount: number | null }>;
  close(): Promise<void>;
}

const prepare = async (store: Store): Promise<Store> => {
  await store.query(`set time zone 'America/New_York'`);
  for (const statement of rawTableStatements()) await store.query(statement);
  return store;
};

export async function openPglite(): Promise<Store> {
  const db = await createPglite();
  return prepare({
    query: async (sql) => {
      const { rows, affectedRows } = await db.query<Row>(sql);
      return { rows, rowCount: affectedRows ?? null };
    },
    close: () => db.close(),
  });
}

/** One connection to a real server's database. */
export async function connectStore(connection: pg.ClientConfig): Promise<Store> {
  const client = new pg.Client(connection);
  await client.connect();
  return prepare({
    query: async (sql) => {
      const { rows, rowCount } = await client.query<Row>(sql);
      return { rows, rowCount };
    },
    close: () => client.end(),
  });
}

export async function openPostgres(): Promise<Store> {
  const server = sharedPostgres();
  const store = await connectStore(await server.createDatabase('dbt'));
  return {
    ...store,
    close: async () => {
      await store.close();
      await server.stop();
    },
  };
}

/** Where a test of SQL runs: in the process and on a real server. */
export const stores = [
  ['PGlite', openPglite],
  ['PostgreSQL', openPostgres],
] as const;

export const projectFolder = fileURLToPath(new URL('../../warehouse/dbt', import.meta.url));
export const project = loadDbtProject(projectFolder);

type Value = string | number | bigint | null;
/** Rows of one raw table; a column that a row leaves out is null. */
export type RawRows = readonly Readonly<Record<string, Value>>[];
/** Rows per raw table, named as in rawTables. */
export type RawWorld = Readonly<
  Partial<Record<'strategies' | 'iterations' | 'campaigns' | 'clicks' | 'events', RawRows>>
>;

export function literal(value: unknown): string {
  return value === null || value === undefined ? 'null' : `'${String(value).replaceAll("'", "''")}'`;
}

/** Adds rows to the raw tables. */
export async function addRaw(store: Store, world: RawWorld): Promise<void> {
  for (const table of rawTables) {
    const rows = world[table.name as keyof RawWorld] ?? [];
    if (rows.length === 0) continue;
    const tuples = rows.map(
      (row) => `(${table.columns.map(({ name, type }) => `${literal(row[name])}::${type}`).join(', ')})`,
    );
    await store.query(`insert into ${table.schema}.${table.name} values ${tuples.join(', ')}`);
  }
}

/** Empties the raw tables and forgets every model. */
export async function reset(store: Store): Promise<void> {
  await store.query('drop schema if exists attribution cascade');
  for (const table of rawTables) await store.query(`truncate ${table.schema}.${table.name}`);
  await store.query('truncate adsuite_mirror.refreshes');
}

let runs = 0;

export function runOptions(options: Partial<RunOptions> = {}): RunOptions {
  runs += 1;
  return { startedAt: '2026-03-01T00:00:00.000000Z', invocationId: `test-run-${runs}`, ...options };
}

export function run(store: Store, options: Partial<RunOptions> = {}): Promise<RunResult> {
  return runDbtProject(project, store, runOptions(options));
}

/** All rows of a model, every value as text (instants in UTC to the microsecond), ordered by all columns. */
export async function rowsOf(store: Store, relation: string, columns: readonly string[]): Promise<(string | null)[][]> {
  const { rows: types } = await store.query(
    `select attname::text as name, format_type(atttypid, null)::text as type from pg_attribute
     where attrelid = ${literal(relation)}::regclass and attnum > 0`,
  );
  const typeOf = new Map(types.map(({ name, type }) => [name, type]));
  const texts = columns.map((name) => {
    if (!typeOf.has(name)) throw new Error(`${relation} has no column ${name}`);
    return typeOf.get(name) === 'timestamp with time zone'
      ? `to_char("${name}" at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "${name}"`
      : `"${name}"::text as "${name}"`;
  });
  const { rows } = await store.query(`select ${texts.join(', ')} from ${relation}`);
  return sorted(rows.map((row) => columns.map((name) => row[name] as string | null)));
}

export function sorted<T extends readonly unknown[]>(rows: readonly T[]): T[] {
  return rows
    .map((row) => ({ row, key: JSON.stringify(row) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ row }) => row);
}

/**
 * Fails with the first few rows that only one side has. Cheaper and shorter than a diff of all rows, which a property
 * test would make again for each step of shrinking.
 */
export function expectSameRows(actual: readonly unknown[], expected: readonly unknown[], what: string): void {
  const count = (rows: readonly unknown[]) =>
    Map.groupBy(
      rows.map((row) => JSON.stringify(row)),
      (row) => row,
    );
  const [mine, theirs] = [count(actual), count(expected)];
  const only = (a: typeof mine, b: typeof mine) =>
    [...a].filter(([row, copies]) => copies.length > (b.get(row)?.length ?? 0)).map(([row]) => row);
  const [surplus, missing] = [only(mine, theirs), only(theirs, mine)];
  if (surplus.length + missing.length === 0) return;
  const show = (rows: readonly string[]) =>
    rows
      .slice(0, 3)
      .map((row) => `\n    ${row}`)
      .join('');
  throw new Error(
    `${what}\n  unexpected (${surplus.length}):${show(surplus)}\n  missing (${missing.length}):${show(missing)}`,
  );
}

/** A copy of the dbt project that a test may change. */
export class DbtProjectCopy {
  readonly folder = mkdtempSync(join(tmpdir(), 'dbt-project-'));

  constructor() {
    cpSync(projectFolder, this.folder, { recursive: true });
  }

  load() {
    return loadDbtProject(this.folder);
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.folder, file), text);
  }

  /** Throws where there is nothing to replace. */
  edit(file: string, find: string, replacement: string): void {
    const text = readFileSync(join(this.folder, file), 'utf8');
    if (!text.includes(find)) throw new Error(`${file} does not contain: ${find}`);
    this.write(
      file,
      text.replace(find, () => replacement),
    );
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The error with which work is refused; throws where it is not. */
export function refusal(work: () => unknown): DbtProjectError {
  try {
    work();
  } catch (error) {
    if (error instanceof DbtProjectError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
