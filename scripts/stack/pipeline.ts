import { randomUUID } from 'node:crypto';
import type { Client, ClientBase } from 'pg';
import { LocalError } from '../../local/errors.ts';
import { projectDigest } from '../../src/embedded/attribute.ts';
import { type DbtBuild, dbtFolder, runDbtBuild } from './dbt.ts';
import { type Logins, withClient } from './logins.ts';
import { runRealDbt } from './real-dbt.ts';
import { readDone, writeDone } from './state.ts';

/** What runs the dbt project: this project's own runner, or dbt. */
export type DbtRunner = 'embedded' | 'dbt';

export interface PipelineOptions {
  readonly runner: DbtRunner;
  /** False skips the refresh of the mirror and its check, which production never does. */
  readonly refresh?: boolean;
  /** Stops dbt; the pipeline then fails. The embedded runner ends with its connection. */
  readonly signal?: AbortSignal;
  readonly report: (line: string) => void;
}

/**
 * Refreshes the mirror, checks that the refresh is on record, attributes and tests: the order and the users of the Airflow
 * DAG in production. Waits if another run is in progress.
 *
 * @returns the build's id
 * @throws {LocalError} if a step fails
 */
export async function runPipeline(
  logins: Logins,
  { runner, refresh = true, signal, report }: PipelineOptions,
): Promise<string> {
  return withClient(logins.to('warehouse', 'attribution_dbt'), async (dbt) => {
    await lockPipeline(dbt, report);
    // The mirror will contain every iteration created until now. Later clicks wait for the next run.
    const asOf = await readClock(dbt);
    if (refresh) {
      await withClient(logins.to('warehouse', 'attribution_airflow'), async (airflow) => {
        report("Refreshing the mirror of AdSuite's tables");
        await refreshMirror(airflow, report);
        await requireRefreshed(airflow, asOf);
      });
    }
    const login = logins.to('warehouse', 'attribution_dbt');
    const run: Attribution = (build) =>
      runner === 'dbt' ? runRealDbt(login, build, signal) : runDbtBuild(dbt, { ...build, invocationId: randomUUID() });
    return withClient(logins.to('warehouse', 'postgres'), (superuser) => attribute(superuser, run, asOf, report));
  });
}

/** Whether the loaded data are attributed by the current models. */
export async function isAttributed(superuser: Client): Promise<boolean> {
  return (await readDone(superuser, 'attributed')) === (await currentVersion(superuser));
}

/** Whether there is an announced build. */
export async function hasBuild(superuser: Client): Promise<boolean> {
  const { rows } = await superuser.query("select to_regclass('attribution.attribution_builds') is not null as built");
  return rows[0]?.built === true;
}

/** Runs the dbt project; returns the build's id. */
type Attribution = (build: Omit<DbtBuild, 'invocationId'>) => Promise<string>;

async function attribute(
  superuser: Client,
  run: Attribution,
  asOf: string,
  report: (line: string) => void,
): Promise<string> {
  const fullRefresh = !(await isAttributed(superuser));
  const started = performance.now();
  report(`Attributing conversions (${fullRefresh ? 'all events' : 'the new events and all attributions'})`);
  // If this run fails or is killed, the next one reads all events.
  await writeDone(superuser, 'attributed', null);
  const build = await run({ asOf, fullRefresh, report });
  await writeDone(superuser, 'attributed', await currentVersion(superuser));
  report(`Attributed in ${((performance.now() - started) / 1000).toFixed(1)} s: build ${build}`);
  return build;
}

async function currentVersion(superuser: Client): Promise<string> {
  return `${await readDone(superuser, 'data')} models ${projectDigest(dbtFolder)}`;
}

/** The warehouse's clock, with microseconds. */
async function readClock(client: Client): Promise<string> {
  const { rows } = await client.query<{ now: string }>(
    `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as now`,
  );
  return rows[0]?.now ?? '';
}

/** Locks the pipeline until the connection ends. */
async function lockPipeline(client: Client, report: (line: string) => void): Promise<void> {
  const lock = "hashtext('attribution pipeline')";
  const { rows } = await client.query<{ locked: boolean }>(`select pg_try_advisory_lock(${lock}) as locked`);
  if (rows[0]?.locked) return;
  report('Waiting for another run of the pipeline');
  await client.query(`select pg_advisory_lock(${lock})`);
}

const mirrorViews = ['strategies', 'iterations'] as const;

export async function refreshMirror(airflow: ClientBase, report: (line: string) => void): Promise<void> {
  for (const view of mirrorViews) {
    const started = performance.now();
    await airflow.query(`call adsuite_mirror.refresh('${view}')`);
    report(`  adsuite_mirror.${view} (${((performance.now() - started) / 1000).toFixed(2)} s)`);
  }
}

/**
 * Checks that a refresh of each mirrored table began at or after `since` and has finished. Otherwise clicks on an
 * iteration that is not in the mirror would silently count for the iteration before it.
 *
 * @param since an instant of the warehouse's clock, as text
 * @throws {LocalError} with the tables that were not refreshed
 */
export async function requireRefreshed(client: ClientBase, since: string): Promise<void> {
  const { rows } = await client.query<{ view_name: string }>(
    'select distinct view_name from adsuite_mirror.refreshes where started_at >= $1::timestamptz',
    [since],
  );
  const refreshed = new Set(rows.map((row) => row.view_name));
  const missing = mirrorViews.filter((view) => !refreshed.has(view));
  if (missing.length > 0) {
    const names = missing.map((view) => `adsuite_mirror.${view}`).join(' and ');
    throw new LocalError(`Not attributed: ${names} has no refresh on record that began in this run (since ${since}).`);
  }
}
