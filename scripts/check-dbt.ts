/**
 * Runs the dbt project with dbt itself, on a temporary PostgreSQL with the changelog's users and rights, and compares every
 * table with the one that the embedded runner builds. Then runs it with dbt-redshift, without a cluster, and checks every
 * statement that dbt would send to Redshift. Needs Python with venv; installs dbt below node_modules once.
 *
 * Exits with 1 if dbt fails or a table or statement is wrong.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exitWithReason } from '../local/errors.ts';
import { startPostgres } from '../local/postgres/temporary.ts';
import { pythonEnvironment } from '../local/python/environment.ts';
import { checkPostgres } from './check-dbt/postgres.ts';
import { checkRedshift } from './check-dbt/redshift.ts';
import { prepareSources, Warehouse } from './check-dbt/warehouse.ts';

const report = (line: string) => console.log(line);

/** Runs a step, and prints its name and duration. */
async function step<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  report(`\n== ${name}`);
  const started = performance.now();
  const result = await work();
  report(`== ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return result;
}

async function check(): Promise<void> {
  const environment = await step('the environment of dbt', () => pythonEnvironment('dbt', report));
  const folder = mkdtempSync(join(tmpdir(), 'check-dbt-'));
  const server = await startPostgres(
    ['timezone=UTC', 'wal_level=minimal', 'max_wal_senders=0'].flatMap((s) => ['-c', s]),
  );
  try {
    const warehouse = await step('a warehouse with the demo data', async () => {
      const original = new Warehouse(await prepareSources(server, report));
      await original.refresh();
      return original;
    });
    const dbt = environment.program('dbt');
    const built = await step('dbt on PostgreSQL, compared with the embedded runner', () =>
      checkPostgres(warehouse, { dbt, output: join(folder, 'postgres'), report }),
    );
    await step('dbt-redshift without a cluster', () =>
      checkRedshift({ python: environment.program('python'), output: join(folder, 'redshift'), built, report }),
    );
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

await check().catch(exitWithReason);
