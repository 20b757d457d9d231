import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { parse } from 'yaml';
import {
  DbtProjectError,
  loadDbtProject,
  type RunOptions,
  type RunResult,
  runDbtProject,
} from '../../src/embedded/dbt/index.ts';
import { renderProjectOf } from '../../src/embedded/dbt/project.ts';
import { renderTemplate } from '../../src/embedded/dbt/render.ts';
import { rawTableStatements, rawTables } from '../../src/embedded/raw-tables.ts';
import { createPglite, sharedPostgres } from './databases.ts';

export type Row = Record<string, unknown>;

/** A connection to a database with empty raw tables. The session's time zone is not UTC. */
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

/** The same on a real server. */
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

/** The databases for tests of SQL: in the process, and on a real server. */
export const stores = [
  ['PGlite', openPglite],
  ['PostgreSQL', openPostgres],
] as const;

export const projectFolder = fileURLToPath(new URL('../../warehouse/dbt', import.meta.url));
export const project = loadDbtProject(projectFolder);

type Value = string | number | bigint | null;
/** Rows of one raw table. A missing column is null. */
export type RawRows = readonly Readonly<Record<string, Value>>[];
/** Rows by raw table, with the names in rawTables. */
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

/** Empties the raw tables and drops all models. */
export async function reset(store: Store): Promise<void> {
  await store.query('drop schema if exists attribution cascade');
  for (const table of rawTables) await store.query(`truncate ${table.schema}.${table.name}`);
  await store.query('truncate adsuite_mirror.refreshes');
}

let runs = 0;

/** The start of a run that does not set one. */
export const startedAt = '2026-03-01T00:00:00.000000Z';

export function runOptions(options: Partial<RunOptions> = {}): RunOptions {
  runs += 1;
  return { startedAt, invocationId: `test-run-${runs}`, ...options };
}

export function run(store: Store, options: Partial<RunOptions> = {}): Promise<RunResult> {
  return runDbtProject(project, store, runOptions(options));
}

/** All rows of a model, with values as text (instants in UTC with microseconds), ordered by all columns. */
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
 * Fails with the first rows that only one side has. Faster and shorter than a diff of all rows, which a property test
 * would compute in each step of shrinking.
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

  read(file: string): string {
    return readFileSync(join(this.folder, file), 'utf8');
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.folder, file), text);
  }

  /** Throws if the text to replace does not occur. */
  edit(file: string, find: string, replacement: string): void {
    const text = this.read(file);
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

/** The error that `work` throws. Throws if it succeeds. */
export function refusal(work: () => unknown): DbtProjectError {
  try {
    work();
  } catch (error) {
    if (error instanceof DbtProjectError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** Rows that replace a relation. */
export interface UnitTestInput {
  readonly input: string;
  /** `sql` if `rows` is a select; otherwise it is a list. */
  readonly format?: string;
  readonly rows: readonly Row[] | string;
}

/** A unit test in a property file of dbt. */
export interface UnitTest {
  readonly name: string;
  readonly model: string;
  readonly given: readonly UnitTestInput[];
  readonly expect: { readonly rows: readonly Row[] };
  readonly overrides?: {
    readonly macros?: {
      readonly is_incremental?: boolean;
      readonly has_loaded_ahead?: 'true';
      readonly build_number?: number;
      readonly build_before?: string;
      readonly counted_history?: string;
      readonly searches_windows?: 'false';
    };
    readonly vars?: Readonly<Record<string, unknown>>;
  };
}

const allowed = {
  test: ['name', 'description', 'model', 'given', 'expect', 'overrides', 'config'],
  overrides: ['macros', 'vars'],
  // The interpreter's tables always have the column, so it needs not override has_loaded_ahead.
  macros: ['is_incremental', 'has_loaded_ahead', 'build_number', 'build_before', 'counted_history', 'searches_windows'],
  given: ['input', 'format', 'rows'],
  expect: ['rows'],
};

function onlyKeys(where: string, value: object | undefined, keys: readonly string[]): void {
  for (const key of Object.keys(value ?? {})) {
    if (!keys.includes(key)) throw new Error(`${where}: this interpreter does not know ${key}`);
  }
}

/** Throws if this interpreter, or dbt itself on an empty schema, can't run a unit test. */
export function checkUnitTest(test: UnitTest): void {
  onlyKeys(test.name, test, allowed.test);
  onlyKeys(test.name, test.overrides, allowed.overrides);
  onlyKeys(test.name, test.overrides?.macros, allowed.macros);
  onlyKeys(test.name, test.expect, allowed.expect);
  // PostgreSQL's limit: dbt names a temporary table after the test.
  if (test.name.length > 63) throw new Error(`${test.name}: the name has more than 63 characters`);
  for (const given of test.given) {
    onlyKeys(test.name, given, allowed.given);
    const isSql = typeof given.rows === 'string';
    if (isSql !== (given.format === 'sql'))
      throw new Error(`${test.name}: rows of ${given.input} and their format differ`);
    // dbt looks up the types of listed rows in the relation, which does not exist before its first build.
    if (given.input === 'this' && !isSql) throw new Error(`${test.name}: rows of this must have the format sql`);
  }
}

/** All unit tests of the project. */
export function readUnitTests(): UnitTest[] {
  const models = join(projectFolder, 'models');
  const files = readdirSync(models, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yml'));
  return files.flatMap((file) => {
    const { unit_tests: tests = [] } = parse(readFileSync(join(models, file), 'utf8'), { maxAliasCount: -1 }) as {
      unit_tests?: UnitTest[];
    };
    for (const test of tests) checkUnitTest(test);
    return tests;
  });
}

/** Parses `ref('x')`, `source('a', 'b')` or `this` into what the renderer requests. */
function inputKey(input: string): string {
  const ref = /^ref\('(\w+)'\)$/.exec(input);
  if (ref) return `ref:${ref[1]}`;
  const source = /^source\('(\w+)', '(\w+)'\)$/.exec(input);
  if (source) return `source:${source[1]}.${source[2]}`;
  if (input === 'this') return 'this';
  throw new Error(`not an input: ${input}`);
}

/**
 * Runs one unit test like dbt: the given rows replace what the model reads. The rows that its select returns are compared
 * with the expected ones, in the columns of the latter and in any order. A relation that listed rows replace must exist,
 * because its columns have the types.
 */
export async function runUnitTest(store: Store, test: UnitTest): Promise<{ actual: unknown[]; expected: unknown[] }> {
  const model = project.models.find((each) => each.name === test.model);
  if (!model) throw new Error(`there is no model ${test.model}`);
  const inputs = new Map(
    test.given.map(({ input, rows }, index) => [inputKey(input), { rows, name: `given_${index}` }]),
  );
  const reals = new Map<string, string>();

  const { sql } = renderTemplate(renderProjectOf(project), model.file, model.template, {
    ...runOptions(),
    schema: 'attribution',
    thisName: model.name,
    isIncremental: test.overrides?.macros?.is_incremental === true,
    macros: overriddenMacros(test),
    vars: test.overrides?.vars ?? {},
    relations: (kind, name) => {
      const input = inputs.get(kind === 'this' ? 'this' : `${kind}:${name}`);
      // dbt requires an input per ref and source. Hooks may render `this` without reading it.
      if (!input && kind === 'this') return undefined;
      if (!input) throw new Error(`${test.name}: ${kind} ${name} is not given`);
      reals.set(input.name, realRelation(kind, name));
      return input.name;
    },
  });
  for (const [key, { name }] of inputs) {
    if (!reals.has(name)) throw new Error(`${test.name}: ${key} is given, but the model does not read it`);
  }

  await store.query('begin');
  try {
    for (const { name, rows } of inputs.values()) {
      if (typeof rows === 'string') await store.query(`create temporary table ${name} as (${rows})`);
      else {
        // Only the columns and types: dbt does not apply the constraints of the replaced relation.
        await store.query(`create temporary table ${name} as (select * from ${reals.get(name)}) with no data`);
        await insert(store, name, rows);
      }
    }
    await store.query(`create temporary table actual as (${sql})`);
    const columns = Object.keys(test.expect.rows[0] ?? {});
    for (const row of test.expect.rows) {
      if (Object.keys(row).join() !== columns.join()) throw new Error(`${test.name}: expected rows differ in columns`);
    }
    await store.query('create temporary table expected (like actual)');
    await insert(store, 'expected', test.expect.rows);
    return { actual: await rowsOf(store, 'actual', columns), expected: await rowsOf(store, 'expected', columns) };
  } finally {
    await store.query('rollback');
  }
}

/** `is_incremental` is not a macro of the project, and this project's tables always have the column loaded_ahead. */
function overriddenMacros({ overrides }: UnitTest): Readonly<Record<string, unknown>> {
  const { is_incremental: _, has_loaded_ahead: __, ...macros } = overrides?.macros ?? {};
  return macros;
}

function realRelation(kind: 'ref' | 'source' | 'this', name: string): string {
  if (kind !== 'source') return `attribution.${name}`;
  const source = project.sources.find((each) => `${each.source}.${each.table}` === name);
  return `${source?.schema}.${source?.table}`;
}

async function insert(store: Store, table: string, rows: readonly Row[]): Promise<void> {
  for (const row of rows) {
    const columns = Object.keys(row).map((name) => `"${name}"`);
    await store.query(
      `insert into ${table} (${columns.join(', ')}) values (${Object.values(row).map(literal).join(', ')})`,
    );
  }
}
