import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import { projectDigest } from '../../src/embedded/attribute.ts';
import { dbtFolder, runDbt } from './dbt-run.ts';
import { type Logins, withClient } from './logins.ts';
import { refreshMirror, requireRefreshed } from './refresh.ts';
import { noteDone, readDone } from './state.ts';

export interface PipelineOptions {
  /** False leaves the mirror, and the check of it, out: what production's order of tasks does not allow. */
  readonly refresh?: boolean;
  readonly report: (line: string) => void;
}

/**
 * Refreshes the mirror, checks that this happened, attributes and tests: what Airflow runs in production, in its order
 * and as its users. One run at a time; another one waits. Answers the build's id; throws a StackError on failure.
 */
export async function runPipeline(logins: Logins, { refresh = true, report }: PipelineOptions): Promise<string> {
  return withClient(logins.to('warehouse', 'attribution_dbt'), async (dbt) => {
    await takeTurn(dbt, report);
    // The mirror will know every iteration that was made until now; a click from after it waits for the next run.
    const asOf = await instant(dbt);
    if (refresh) {
      await withClient(logins.to('warehouse', 'attribution_airflow'), async (airflow) => {
        report("Refreshing the mirror of AdSuite's tables");
        await refreshMirror(airflow, report);
        await requireRefreshed(airflow, asOf);
      });
    }
    return withClient(logins.to('warehouse', 'postgres'), (superuser) => attribute(dbt, superuser, asOf, report));
  });
}

/** Whether what is attributed is what was loaded, by the models as they are. */
export async function isAttributed(superuser: Client): Promise<boolean> {
  return (await readDone(superuser, 'attributed')) === (await wanted(superuser));
}

/** Whether a build was ever announced. */
export async function hasBuild(superuser: Client): Promise<boolean> {
  const { rows } = await superuser.query("select to_regclass('attribution.attribution_builds') is not null as built");
  return rows[0]?.built === true;
}

async function attribute(
  dbt: Client,
  superuser: Client,
  asOf: string,
  report: (line: string) => void,
): Promise<string> {
  const fullRefresh = !(await isAttributed(superuser));
  const started = performance.now();
  const build = { invocationId: randomUUID(), asOf };
  report(`Attributing conversions (${fullRefresh ? 'all events' : 'the new events and all attributions'})`);
  // Until it is noted again: a run that fails or is killed half-way has the next one read all events.
  await noteDone(superuser, 'attributed', null);
  await runDbt(dbt, { ...build, fullRefresh, report });
  await noteDone(superuser, 'attributed', await wanted(superuser));
  report(`Attributed in ${((performance.now() - started) / 1000).toFixed(1)} s: build ${build.invocationId}`);
  return build.invocationId;
}

const wanted = async (superuser: Client) => `${await readDone(superuser, 'data')} models ${projectDigest(dbtFolder)}`;

/** The warehouse's clock, to the microsecond. */
async function instant(client: Client): Promise<string> {
  const { rows } = await client.query<{ now: string }>(
    `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as now`,
  );
  return rows[0]?.now ?? '';
}

/** Held until the connection ends. */
async function takeTurn(client: Client, report: (line: string) => void): Promise<void> {
  const lock = "hashtext('attribution pipeline')";
  const { rows } = await client.query<{ mine: boolean }>(`select pg_try_advisory_lock(${lock}) as mine`);
  if (rows[0]?.mine) return;
  report('Another run of the pipeline is under way; waiting for its end');
  await client.query(`select pg_advisory_lock(${lock})`);
}
