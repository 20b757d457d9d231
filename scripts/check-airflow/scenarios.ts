import { changeKeys } from '../keys/keys-file.ts';
import { withClient } from '../stack/logins.ts';
import type { World } from './world.ts';

export type TaskState = 'success' | 'failed' | 'upstream_failed';

export interface Scenario {
  readonly name: string;
  /** Whether the quick check runs it too. */
  readonly isQuick: boolean;
  /** Breaks the world, and returns how to repair it. */
  readonly prepare?: (world: World) => Promise<() => Promise<void>>;
  /** The tasks that do not succeed. */
  readonly states: Readonly<Record<string, TaskState>>;
  /** What the log of a task must contain. */
  readonly log: Readonly<Record<string, RegExp>>;
  /** Checks what the run has left behind; returns what is wrong. */
  readonly after?: (world: World) => Promise<readonly string[]>;
}

const blocked = (...tasks: string[]) => Object.fromEntries(tasks.map((task) => [task, 'upstream_failed' as const]));
const push = ['push_metrics', 'push_result'];
const afterCheck = ['source_freshness', 'dbt_silver', 'dbt_gold', 'announce', ...push];

/** Statements that break the warehouse or AdSuite's database, and those that repair it. */
function sql(database: 'adsuite' | 'warehouse', broken: string, repaired: string) {
  return async ({ stack: { logins } }: World) => {
    const run = (text: string) => withClient(logins.to(database, 'postgres'), (client) => client.query(text));
    await run(broken);
    return async () => void (await run(repaired));
  };
}

/** Gives the API key of Airflow another role. The service reads it while dbt runs. */
async function makeViewer({ keysFile }: World) {
  const setRole = (role: 'viewer' | 'operator') =>
    changeKeys(keysFile, (keys) => ({ keys: keys.map((key) => ({ ...key, role })), result: undefined }));
  setRole('viewer');
  return async () => setRole('operator');
}

/** All but the last, in order. */
export const scenarios: readonly Scenario[] = [
  {
    name: 'everything is right',
    isQuick: true,
    states: {},
    log: {
      source_freshness: /PASS freshness of /,
      dbt_silver: /Build \S+ \(number \d+\) has the run lease until /,
      dbt_gold: /OK created sql .*attribution_builds/,
      announce: /The service serves build /,
      push_result: /succeeded: of 3 rows 3 accepted, 0 stale, 0 gone, 0 rejected/,
    },
    after: async ({ stack }) => {
      const { status } = await fetch(`${stack.origin}/graphql`, { method: 'POST' });
      if (status !== 401) return [`the service answers ${status} without a key`];
      const { held } = (await (await fetch(`${stack.adsuiteUrl}/sandbox/iterations/12`)).json()) as { held: unknown };
      // Iteration 12 has one conversion, of the click since it began.
      return /"conversions":"?1\b/.test(JSON.stringify(held)) ? [] : [`AdSuite has ${JSON.stringify(held)}`];
    },
  },
  {
    name: 'AdSuite refuses to be read',
    isQuick: true,
    prepare: sql(
      'adsuite',
      'revoke select on public.iterations from attribution_federation',
      'grant select on public.iterations to attribution_federation',
    ),
    states: { refresh_iterations: 'failed', ...blocked('check_refresh', ...afterCheck) },
    log: { refresh_iterations: /permission denied for table iterations/ },
  },
  {
    name: 'the API key is of a viewer',
    isQuick: true,
    prepare: makeViewer,
    states: { push_metrics: 'failed', push_result: 'upstream_failed' },
    log: {
      announce: /The service serves build /,
      push_metrics: /HTTP 403: FORBIDDEN: pushMetrics requires the role operator, but airflow has the role viewer/,
    },
  },
  {
    name: 'refreshes are not on record',
    isQuick: false,
    prepare: sql(
      'warehouse',
      `create function public.forget() returns trigger language plpgsql as 'begin return null; end';
       create trigger forget before insert on adsuite_mirror.refreshes for each row execute function public.forget()`,
      'drop function public.forget cascade',
    ),
    states: { check_refresh: 'failed', ...blocked(...afterCheck) },
    log: { check_refresh: /\(0, 0\)|\[0, 0\]/ },
  },
  {
    name: 'a data test fails',
    isQuick: true,
    // Twice the same event, which no source has: an incremental run does not remove it.
    prepare: sql(
      'warehouse',
      `create table public.planted as select * from attribution.goal_complete_events limit 1;
       update public.planted set event_id = 'planted';
       insert into attribution.goal_complete_events select * from public.planted union all select * from public.planted;
       drop table public.planted`,
      "delete from attribution.goal_complete_events where event_id = 'planted'",
    ),
    states: { dbt_silver: 'failed', ...blocked('dbt_gold', 'announce', ...push) },
    log: { dbt_silver: /Failure in test unique_goal_complete_events_event_id/ },
  },
  {
    name: 'another run has the lease',
    isQuick: false,
    prepare: sql(
      'warehouse',
      "update attribution.run_lease set build_id = 'other', expires_at = now() + interval '1 hour'",
      'update attribution.run_lease set expires_at = null',
    ),
    states: { dbt_silver: 'failed', ...blocked('dbt_gold', 'announce', ...push) },
    log: { dbt_silver: /Another run has the run lease: build other/ },
  },
  {
    name: 'a source is stale',
    isQuick: false,
    prepare: sql(
      'warehouse',
      "update adgem.clicks set loaded_at = loaded_at - interval '3 days'",
      "update adgem.clicks set loaded_at = loaded_at + interval '3 days'",
    ),
    // The rest of the run continues.
    states: { source_freshness: 'failed' },
    log: {
      source_freshness: /ERROR STALE freshness of adgem\.clicks/,
      announce: /The service reports stale data: /,
      push_result: /succeeded: of 0 rows/,
    },
  },
  {
    name: 'a guard refuses the push',
    isQuick: false,
    prepare: sql(
      'adsuite',
      "update public.iterations set created_at = created_at - interval '1 hour' where iteration_id = 12",
      "update public.iterations set created_at = created_at + interval '1 hour' where iteration_id = 12",
    ),
    states: { push_result: 'failed' },
    log: { push_result: /DATA_QUALITY[\s\S]*was refused, and nothing was sent/ },
  },
];

/** The service stays down, so nothing can run afterwards. */
export const lastScenario: Scenario = {
  name: 'the service is down',
  isQuick: false,
  prepare: async (world) => {
    world.expectServiceToEnd();
    process.kill(world.servicePid, 'SIGTERM');
    return async () => undefined;
  },
  states: { announce: 'failed', ...blocked(...push) },
  log: { announce: /does not respond .*\[Errno 111\] Connection refused/ },
};
