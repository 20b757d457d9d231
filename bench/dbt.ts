import pg from 'pg';
import { loadDbtProject, type RunOptions, type RunResult, runDbtProject } from '../src/embedded/dbt/index.ts';
import { rawTableStatements } from '../src/embedded/raw-tables.ts';

export const project = loadDbtProject(new URL('../warehouse/dbt', import.meta.url).pathname);

/** Connects to an empty database and creates the raw tables. The caller ends the connection. */
export async function openRawTables(connection: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client(connection);
  await client.connect();
  for (const statement of rawTableStatements()) await client.query(statement);
  return client;
}

export const buildOptions = { startedAt: '2026-03-01T00:00:00.000000Z', invocationId: 'bench' };

/** Builds the dbt project's models. */
export function runDbt(client: pg.Client, options: Partial<RunOptions> = {}): Promise<RunResult> {
  return runDbtProject(project, client, { ...buildOptions, ...options });
}
