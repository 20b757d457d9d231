import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedStoreError, reasonOf } from './embedded-error.ts';
import { count } from './progress.ts';
import { literal } from './quoting.ts';
import { attributedStatement, attributingStatement, type WarehouseState } from './state.ts';
import type { WorkerClient } from './worker-client.ts';

/** Increment if a change of src/embedded/dbt builds different tables from the same files: all models then run again. */
const runnerVersion = 2;

/** Hashes the files of the dbt project and the version of the runner. Throws if there is no project. */
export function projectDigest(folder: string): string {
  const hash = createHash('sha256').update(`runner ${runnerVersion}\n`);
  try {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }).sort(byPath)) {
      const path = join(entry.parentPath, entry.name);
      const name = path.slice(folder.length);
      // Folders that dbt writes when it is run here are not part of the project.
      if (!entry.isFile() || /[\\/](target|logs|dbt_packages)[\\/]/.test(name) || !/\.(sql|ya?ml|csv)$/.test(name))
        continue;
      hash.update(`${name}\n`).update(readFileSync(path)).update('\n');
    }
  } catch (error) {
    throw new EmbeddedStoreError(`The dbt project in ${folder} can't be read (${reasonOf(error)}).`);
  }
  return hash.digest('hex');
}

function byPath(a: { parentPath: string; name: string }, b: { parentPath: string; name: string }): number {
  const [left, right] = [join(a.parentPath, a.name), join(b.parentPath, b.name)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Why the models have to run, or null if the tables are up to date. */
export function attributionReason(state: WarehouseState, wanted: string, now: Date): string | null {
  if (state.attributed === null) return 'new data, or the last attribution did not finish';
  if (state.attributed !== wanted) return 'the models have changed';
  if (state.nextDue !== null && state.nextDue < now) return 'clicks that were in the future are now in the past';
  return null;
}

/** Runs the dbt project on the raw tables, and records it in the state. */
export async function attribute(
  database: WorkerClient,
  folder: string,
  run: {
    readonly reason: string;
    readonly attributed: string;
    readonly fullRefresh: boolean;
    readonly now: () => Date;
  },
  report: (line: string) => void,
): Promise<void> {
  // Loaded on demand: most starts have nothing to attribute.
  const { DbtProjectError, loadDbtProject, runDbtProject } = await import('./dbt/index.ts');
  report(`Attributing conversions (${run.reason})`);
  const started = performance.now();
  const asOf = run.now();
  const invocationId = randomUUID();
  await database.query(attributingStatement);
  try {
    await runDbtProject(loadDbtProject(folder), database, {
      startedAt: asOf.toISOString(),
      asOf: asOf.toISOString(),
      invocationId,
      fullRefresh: run.fullRefresh,
      // Nothing reads an older build: the database is not served before the attribution has ended.
      vars: { kept_builds: 2 },
      onModel: ({ name, index, total, rows, milliseconds }) => {
        const made = rows === null ? '' : `, ${count(rows)} rows`;
        report(`  ${index}/${total} ${name}${made} (${(milliseconds / 1000).toFixed(1)} s)`);
      },
    });
  } catch (error) {
    if (!(error instanceof DbtProjectError)) throw error;
    const hint = 'Correct the model; the next start runs the attribution again.';
    throw new EmbeddedStoreError(`The dbt project in ${folder} failed: ${error.message}\n${hint}`);
  }
  await database.query(attributedStatement(run.attributed, asOf));
  await database.query('checkpoint');
  report(`Attributed in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  await reportErrors(database, invocationId, report);
}

/** Reports the findings that block pushes. */
async function reportErrors(database: WorkerClient, build: string, report: (line: string) => void): Promise<void> {
  const { rows } = await database.query(
    `select check_name, found, subject_id, detail from attribution.data_quality_findings
     where build_id = ${literal(build)} and severity = 'ERROR' and subject_rank = 1 order by check_name`,
  );
  for (const { check_name: check, found, subject_id: id, detail } of rows) {
    const others = Number(found) > 1 ? ` and ${Number(found) - 1} more` : '';
    report(
      `  Notice: ${check}: ${id} (${detail})${others}. Pushes are refused. Query dataQuality in GraphiQL for details.`,
    );
  }
}
