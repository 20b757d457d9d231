import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DbtMessage, failureOf, localProfile, runDbt } from '../../local/dbt.ts';
import { LocalError } from '../../local/errors.ts';
import type { PostgresConnection } from '../../local/postgres/server.ts';
import { pythonEnvironment } from '../../local/python/environment.ts';
import type { DbtBuild } from './dbt.ts';
import { withClient } from './logins.ts';

/**
 * Builds the models and runs the data tests with dbt itself, in the selection of the Airflow DAG. The caller must hold the
 * lock of the pipeline.
 *
 * @param signal stops dbt
 * @returns the build's id
 * @throws {LocalError} with dbt's errors, or if dbt can't be installed
 */
export async function runRealDbt(
  login: PostgresConnection,
  { asOf, fullRefresh, report }: Omit<DbtBuild, 'invocationId'>,
  signal?: AbortSignal,
): Promise<string> {
  const environment = await pythonEnvironment('dbt', report);
  await endLease(login);
  const output = mkdtempSync(join(tmpdir(), 'attribution-dbt-'));
  try {
    const result = await runDbt({
      program: [environment.program('dbt')],
      words: [
        ...['build', '--exclude', 'tag:expensive', 'test_type:unit', '--vars', JSON.stringify({ as_of: asOf })],
        ...(fullRefresh ? ['--full-refresh'] : []),
      ],
      profile: localProfile(login),
      output,
      signal,
      onMessage: (message) => {
        if (isProgress(message)) report(`  ${message.text.trim()}`);
      },
    });
    if (result.code !== 0) throw new LocalError(failureOf(result));
    return result.invocationId;
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
}

/**
 * Ends the lease of a run that was killed (warehouse/dbt/macros/lease.sql), instead of waiting until it expires. No other
 * run can have it: the pipeline has its own lock, dbt ends with the pipeline, and Airflow does not run beside it.
 */
async function endLease(login: PostgresConnection): Promise<void> {
  await withClient(login, async (client) => {
    const { rows } = await client.query("select to_regclass('attribution.run_lease') is not null as exists");
    if (rows[0]?.exists) await client.query('update attribution.run_lease set expires_at = null');
  });
}

/** The end of each model and test, and the summary. */
const isProgress = ({ name }: DbtMessage) => ['LogModelResult', 'LogTestResult', 'StatsLine'].includes(name);
