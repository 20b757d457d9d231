import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { loadDbtProject, runDbtProject } from '../../src/embedded/dbt/index.ts';
import { rawTableStatements, rawTables } from '../../src/embedded/raw-tables.ts';
import { WireServer } from '../../src/embedded/wire.ts';

/** Rows of the raw tables: each an object of column values as text, or null. */
export interface RawWorld {
  readonly strategies: readonly RawRow[];
  readonly iterations: readonly RawRow[];
  readonly campaigns: readonly RawRow[];
  readonly clicks: readonly RawRow[];
  readonly events: readonly RawRow[];
}

type RawRow = Readonly<Record<string, string | null>>;

/** A warehouse of a test's own, reached like any PostgreSQL. */
export interface TestDatabase {
  readonly connection: { host: string; port: number; user: string; database: string };
  /** The test's own statements; they may write, which clients of the socket may not. */
  query<Row = Record<string, string | null>>(sql: string, parameters?: unknown[]): Promise<{ rows: Row[] }>;
  /** Runs the dbt project over the raw tables. */
  build(asOf: string): Promise<void>;
  close(): Promise<void>;
}

const project = loadDbtProject(join(import.meta.dirname, '../../warehouse/dbt'));

/** Starts an empty PGlite behind a Unix socket, fills its raw tables and attributes as of an instant. */
export async function openTestDatabase(world: RawWorld, asOf: string): Promise<TestDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'attribution-'));
  const database = await PGlite.create();
  const server = new WireServer(database, (error) => {
    throw error;
  });
  await server.listen(join(folder, '.s.PGSQL.5432'));
  const connection = { host: folder, port: 5432, user: 'postgres', database: 'postgres' };
  const query = async <Row = Record<string, string | null>>(sql: string, parameters: unknown[] = []) => {
    // All share one session, which the server makes read-only whenever it serves a client.
    await database.exec('set default_transaction_read_only = off');
    const { rows } = await database.query<Row>(sql, parameters);
    return { rows, rowCount: rows.length };
  };
  for (const statement of rawTableStatements()) await query(statement);
  for (const table of rawTables) {
    for (const row of world[table.name as keyof RawWorld]) {
      const names = Object.keys(row);
      await query(
        `insert into ${table.schema}.${table.name} (${names.map((name) => `"${name}"`).join(', ')})
         values (${names.map((_, index) => `$${index + 1}`).join(', ')})`,
        Object.values(row),
      );
    }
  }
  for (const table of ['strategies', 'iterations']) {
    await query('insert into adsuite_mirror.refreshes values ($1, $2, $2)', [table, asOf]);
  }
  let builds = 0;
  const build = async (instant: string) => {
    builds += 1;
    await runDbtProject(
      project,
      { query },
      {
        startedAt: instant,
        asOf: instant,
        invocationId: `build-${builds}`,
        fullRefresh: true,
      },
    );
  };
  await build(asOf);
  return {
    connection,
    query,
    build,
    close: async () => {
      await server.close();
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
