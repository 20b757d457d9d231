import { join } from 'node:path';
import { inject } from 'vitest';
import type { WarehouseTarget } from '../../src/db/warehouse/pool.ts';
import { Findings } from '../../src/embedded/csv/csv-faults.ts';
import { readCsv } from '../../src/embedded/csv/read.ts';
import { loadDbtProject, runDbtProject } from '../../src/embedded/dbt/index.ts';
import { demoSource } from '../../src/embedded/demo/source.ts';
import { type RawTable, rawTableStatements, rawTables } from '../../src/embedded/raw-tables.ts';
import { type DatabaseStore, openPgliteStore, openPostgresStore } from './database-stores.ts';

/** Rows of the raw tables: each an object of column values as text, or null. */
export interface RawWorld {
  readonly strategies: readonly RawRow[];
  readonly iterations: readonly RawRow[];
  readonly campaigns: readonly RawRow[];
  readonly clicks: readonly RawRow[];
  readonly events: readonly RawRow[];
}

type RawRow = Readonly<Record<string, string | null>>;

/** A warehouse of a test's own, reached like any other. */
export interface TestDatabase {
  readonly target: WarehouseTarget;
  /** The test's own statements; they may write, which the service's may not. */
  query<Row = Record<string, string | null>>(sql: string, parameters?: unknown[]): Promise<{ rows: Row[] }>;
  /** Runs the dbt project over the raw tables; the vars win over the project's. */
  build(asOf: string, vars?: Readonly<Record<string, unknown>>): Promise<void>;
  close(): Promise<void>;
}

const project = loadDbtProject(join(import.meta.dirname, '../../warehouse/dbt'));

/** A warehouse of the kind that this run is about, its raw tables filled, attributed as of an instant. */
export async function openTestDatabase(world: RawWorld, asOf: string): Promise<TestDatabase> {
  return attributed(asOf, async (store) => {
    for (const table of rawTables) await insert(store, table, world[table.name as keyof RawWorld]);
  });
}

/** The same with the demo data. */
export async function openDemoDatabase(asOf: string): Promise<TestDatabase> {
  const source = demoSource();
  return attributed(asOf, async (store) => {
    for (const table of rawTables) {
      for await (const { text } of readCsv(table, source.open(table), new Findings(), asOf)) {
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

async function attributed(asOf: string, fill: (store: DatabaseStore) => Promise<void>): Promise<TestDatabase> {
  const store = inject('warehouses') === 'PGlite' ? await openPgliteStore() : await openPostgresStore();
  for (const statement of rawTableStatements()) await store.query(statement);
  await fill(store);
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

/** As JSON: one statement, whatever the number of rows. */
async function insert(store: DatabaseStore, table: RawTable, rows: readonly RawRow[]): Promise<void> {
  const types = table.columns.map(({ name, type }) => `"${name}" ${type}`).join(', ');
  await store.query(
    `insert into ${table.schema}.${table.name}
     select * from jsonb_to_recordset($1::jsonb) as given (${types})`,
    [JSON.stringify(rows)],
  );
}

/** A line of COPY's text form as a row. */
function fromCopy({ columns }: RawTable, line: string): RawRow {
  const fields = line.split('\t');
  return Object.fromEntries(columns.map(({ name }, index) => [name, unescaped(fields[index] ?? '')]));
}

function unescaped(field: string): string | null {
  if (field === '\\N') return null;
  const letters: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\' };
  return field.replaceAll(/\\(.)/g, (_, letter: string) => letters[letter] ?? letter);
}
