import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { failureOf } from '../../local/dbt.ts';
import { pythonEnvironment } from '../../local/python/environment.ts';
import { readCommands } from '../../scripts/check-dbt/commands.ts';
import { publishedName, servedTables } from '../../src/db/warehouse/tables.ts';
import { messyWorld } from '../support/dbt-cases.ts';
import { builtAlone, DbtWarehouse, expectFailure, succeeded, type Tables } from '../support/dbt-runs.ts';
import { proofs } from '../support/proofs.ts';

// The real dbt on a real PostgreSQL. A lock on one of these tables blocks a run at a known model:
const blocking = {
  /** The first view on the events. */
  start: 'events.events',
  /** Silver, which reads its own rows. */
  silver: 'attribution.goal_complete_events',
  /** The first model after gold was replaced that writes rows of builds. */
  gold: 'attribution.conversions_last_attributed',
  /** The row of the finished build. */
  record: 'adsuite_mirror.refreshes',
} as const;

const isNightly = process.env.NIGHTLY === '1';

/** A test for .ci/nightly only: each starts dbt several times. */
const nightly = test.skipIf(!isNightly);

// One thread, so that a blocked run does nothing else.
const run = ['run'];
const threads = ['--threads', '4'];

const published = servedTables.filter((name) => publishedName(name, '1') !== name);

let alone: Tables;
let empty: DbtWarehouse;
/** With the finished build `first`. */
let built: DbtWarehouse;
/** A copy of one of them. */
let warehouse: DbtWarehouse;
beforeAll(async () => {
  // The first time, dbt is installed.
  await pythonEnvironment('dbt', () => undefined);
  alone = await builtAlone(messyWorld);
  empty = await DbtWarehouse.create(messyWorld);
  await empty.disconnect();
  built = await empty.copy();
  await built.succeed(run, 'first');
  await built.disconnect();
}, 600_000);
afterAll(async () => {
  await built.drop();
  await empty.drop();
});
beforeEach(async () => {
  warehouse = await built.copy();
});
afterEach(() => warehouse.close());

const refused = (build: string) => new RegExp(`Another run has the run lease: build ${build}\\b.*has written nothing`);
const lost = (reason: string) =>
  new RegExp(`does not have the run lease any more: ${reason}.*nothing was written here`);
test('of two runs that start at once, one builds and the other is refused before it writes', async () => {
  await warehouse.close();
  warehouse = await empty.copy();
  const builds: string[] = [];
  for (let round = 1; round <= proofs(1, 1, 3); round += 1) {
    const unblock = await warehouse.block(blocking.start);
    const names = [`a${round}`, `b${round}`];
    const runs = names.map((name) => warehouse.start([...run, ...threads], name));
    // The other one is blocked until this one has ended.
    const first = await Promise.race(runs.map(async ({ result }, index) => ({ index, result: await result })));
    const winner = names[1 - first.index] ?? '';
    expectFailure(first.result, refused(winner));
    expect(await warehouse.lease()).toMatchObject({ build_id: winner, build_number: String(round) });
    await unblock();
    await Promise.all(runs.map(async ({ result }, index) => index !== first.index && succeeded(await result)));
    builds.push(winner);
    await warehouse.expectBuilds(builds, alone);
  }
});

test('a run whose process was killed is followed by another one only when its lease has expired', async () => {
  const unblock = await warehouse.block(blocking.gold);
  const killed = warehouse.start(run, 'killed');
  await warehouse.blocked(blocking.gold, killed);
  killed.kill('SIGKILL');
  await killed.result;
  await unblock();
  expectFailure(await warehouse.start(run, 'next').result, refused('killed \\(number 2'));
  // The data tests of dbt and the views need no lease.
  await warehouse.succeed(['test', '--select', 'strategies'], null);
  await warehouse.succeed([...run, '--select', 'config.materialized:view'], null);
  expectFailure(await warehouse.start([...run, '--select', 'strategies'], null).result, refused('killed'));
  await warehouse.expire();
  await warehouse.succeed(run, 'next');
  await warehouse.expectBuilds(['first', 'next'], alone);
});

nightly('an operator can end the lease of a killed run', async () => {
  await warehouse.store.query(
    `update attribution.run_lease set build_id = 'killed', expires_at = clock_timestamp() + interval '1 hour'`,
  );
  const free = (build: string) => ['run-operation', 'free_lease', '--args', JSON.stringify({ build_id: build })];
  expectFailure(await warehouse.start(free('other'), null).result, /Build other does not have the run lease/);
  await warehouse.succeed(free('killed'), null);
  await warehouse.succeed(run, 'next');
  // As after a restore of the schema without its rows, or without the table.
  for (const [statement, build] of [
    ['truncate attribution.run_lease', 'third'],
    ['drop table attribution.run_lease', 'fourth'],
  ] as const) {
    await warehouse.store.query(statement);
    expectFailure(await warehouse.start(free('killed'), null).result, /Build killed does not have the run lease/);
    await warehouse.succeed(run, build);
  }
  await warehouse.expectBuilds(['first', 'next', 'third', 'fourth'], alone);
});

nightly('a retry of a killed attempt continues its build at once, and replaces its findings', async () => {
  const unblock = await warehouse.block(blocking.record);
  const killed = warehouse.start(run, 'retried');
  await warehouse.blocked(blocking.record, killed);
  killed.kill('SIGKILL');
  await killed.result;
  await unblock();
  await warehouse.succeed(run, 'retried');
  await warehouse.expectBuilds(['first', 'retried'], alone);
});

test('a retry takes over from an attempt that still runs, which then fails before it writes', async () => {
  const unblock = await warehouse.block(blocking.silver);
  const timedOut = warehouse.start(run, 'retried');
  await warehouse.blocked(blocking.silver, timedOut);
  const retry = warehouse.start(run, 'retried');
  // It needs a view that the silver of the timed-out attempt reads.
  await warehouse.waiting(2, timedOut, retry);
  await unblock();
  expectFailure(await timedOut.result, lost('another run of the same build took it'));
  succeeded(await retry.result);
  await warehouse.expectBuilds(['first', 'retried'], alone);
});

test.each(isNightly ? (['silver', 'record'] as const) : (['record'] as const))(
  'a run whose lease was taken by another build while it wrote %s fails, and its rows are rolled back',
  async (model) => {
    const unblock = await warehouse.block(blocking[model]);
    // Its lease has always expired, so each model renews it first.
    const old = warehouse.start(run, 'old', undefined, { lease_minutes: 0 });
    await warehouse.blocked(blocking[model], old);
    const other = warehouse.start(run, 'other');
    // It replaces what the statement of the old run reads.
    await warehouse.waiting(2, old, other);
    await unblock();
    expectFailure(await old.result, lost('build other took it'));
    succeeded(await other.result);
    await warehouse.expectBuilds(['first', 'other'], alone);
  },
);

nightly(
  'a run that stopped after it checked its lease, and comes back after another build, fails before it writes',
  async () => {
    // The model before silver.
    const unblock = await warehouse.block('adsuite_mirror.strategies');
    const old = warehouse.start(run, 'old');
    await warehouse.blocked('adsuite_mirror.strategies', old);
    // Has to wait until that model is committed, and then blocks the check of silver.
    const client = await warehouse.open();
    const blocked = client.query('begin; lock table attribution.run_lease in access exclusive mode');
    await warehouse.waiting(2, old);
    await unblock();
    await blocked;
    await warehouse.blocked('attribution.run_lease', old);
    old.kill('SIGSTOP');
    // Silver's check reads that the run has the lease.
    await client.query('commit');
    await warehouse.waiting(0, old);
    await warehouse.expire();
    await warehouse.succeed(run, 'other');
    old.kill('SIGCONT');
    const result = await old.result;
    expectFailure(result, lost('no build has it'));
    expect(failureOf(result)).toContain('Failure in model goal_complete_events ');
    await warehouse.expectBuilds(['first', 'other'], alone);
  },
);

nightly('a run keeps a lease that expired if no other run took it, and renews it before its next table', async () => {
  const unblockSilver = await warehouse.block(blocking.start);
  const slow = warehouse.start(run, 'slow');
  await warehouse.blocked(blocking.start, slow);
  await warehouse.expire();
  const unblockRecord = await warehouse.block(blocking.record);
  await unblockSilver();
  await warehouse.blocked(blocking.record, slow);
  expect((await warehouse.lease()).minutes_left).toBeGreaterThan(50);
  await unblockRecord();
  succeeded(await slow.result);
  await warehouse.expectBuilds(['first', 'slow'], alone);
});

test("the DAG's two commands share a build, its number and its lease", async () => {
  const commands = readCommands();
  await warehouse.succeed([...commands.silver, ...threads], 'hour');
  expect(await warehouse.lease()).toMatchObject({ build_id: 'hour', build_number: '2', is_free: false });
  expectFailure(await warehouse.start(run, 'other').result, refused('hour \\(number 2'));
  await warehouse.succeed([...commands.gold, ...threads], 'hour');
  await warehouse.expectBuilds(['first', 'hour'], alone);
});

nightly('a finished build is not built again, and its lease is not taken', async () => {
  const message = /Build first is finished: its number is 1\. .*clear the whole run/;
  expectFailure(await warehouse.start(run, 'first').result, message);
  expectFailure(await warehouse.start(run, "a'b").result, /The var build_id must have 1 to 64 letters/);
  await warehouse.expectBuilds(['first'], alone);
});

nightly('a run that fails gives its lease back, and dbt retry continues its build', async () => {
  await warehouse.store.query('alter table adsuite_mirror.refreshes rename to hidden');
  expectFailure(await warehouse.start(run, 'retried', 'retried').result, /"adsuite_mirror.refreshes" does not exist/);
  expect((await warehouse.lease()).is_free).toBe(true);
  await warehouse.store.query('alter table adsuite_mirror.hidden rename to refreshes');
  await warehouse.succeed(['retry'], null, 'retried');
  await warehouse.expectBuilds(['first', 'retried'], alone);
});

test.each(isNightly ? (['retry', 'run'] as const) : (['retry'] as const))(
  'dbt %s after another build had run publishes no mix of both',
  async (command) => {
    await warehouse.store.query('alter table adgem.campaigns rename to hidden');
    expectFailure(await warehouse.start(run, 'retried', 'retried').result, /"adgem.campaigns" does not exist/);
    await warehouse.store.query('alter table adgem.hidden rename to campaigns');
    await warehouse.succeed(run, 'between');
    if (command === 'run') await warehouse.succeed(run, 'retried');
    else {
      expectFailure(
        await warehouse.start(['retry'], null, 'retried').result,
        /Build retried has not made \w+\. These tables are published together/,
      );
      expect((await warehouse.lease()).is_free).toBe(true);
      await warehouse.succeed(run, 'retried');
    }
    await warehouse.expectBuilds(['first', 'between', 'retried'], alone);
  },
);

nightly('dbt retry without the var build_id does not record a build without findings', async () => {
  await warehouse.store.query('alter table adsuite_mirror.refreshes rename to hidden');
  expectFailure(await warehouse.start(run, null, 'anonymous').result, /"adsuite_mirror.refreshes" does not exist/);
  await warehouse.store.query('alter table adsuite_mirror.hidden rename to refreshes');
  expectFailure(await warehouse.start(['retry'], null, 'anonymous').result, /has no findings in data_quality_findings/);
  const { invocationId } = await warehouse.succeed(run, null);
  await warehouse.expectBuilds(['first', invocationId], alone);
});

nightly('dbt retry repeats the failed tests of a finished build', async () => {
  const build = ['build', '--exclude', 'tag:expensive', 'test_type:unit'];
  await warehouse.store.query(`
    create function public.spoil() returns trigger language plpgsql as 'begin new.attributed = 0; return new; end';
    create trigger spoil before insert on attribution.attribution_builds for each row execute function public.spoil()`);
  expectFailure(await warehouse.start(build, 'tested', 'tested').result, /Failure in test build_totals_add_up/);
  await warehouse.store.query(`
    drop function public.spoil cascade;
    update attribution.attribution_builds set attributed = (
      select count(*) from attribution.goal_complete_events_attributed where iteration_id is not null)`);
  await warehouse.succeed(['retry'], null, 'tested');
  await warehouse.expectBuilds(['first', 'tested'], alone);
});

nightly('a finished build gives its lease back if its old tables can not be dropped', async () => {
  const build = (name: string) => warehouse.start(run, name, undefined, { kept_builds: 2 });
  succeeded(await build('second').result);
  await warehouse.store.query(`
    create function public.refuse() returns event_trigger language plpgsql as $$ begin
      if exists (select from pg_event_trigger_dropped_objects() where object_name ~ '__1$') then raise 'not now'; end if;
    end $$;
    create event trigger refuse on sql_drop execute function public.refuse()`);
  expectFailure(await build('third').result, /not now/);
  expect((await warehouse.lease()).is_free).toBe(true);
  await warehouse.store.query('drop event trigger refuse');
  succeeded(await build('fourth').result);
  const { rows } = await warehouse.store.query("select to_regclass('attribution.strategies__1') as table");
  expect(rows).toEqual([{ table: null }]);
  await warehouse.expectBuilds(['first', 'second', 'third', 'fourth'], alone);
});

test('the first builds after an upgrade find no published tables and no column for them', async () => {
  for (const name of published) {
    await warehouse.store.query(`drop view attribution.${name} cascade`);
    await warehouse.store.query(`alter table attribution.${name}__1 rename to ${name}`);
  }
  await warehouse.store.query('alter table attribution.attribution_builds drop column tables_build_number');
  // As docs/attribution.md says.
  await warehouse.succeed([...run, '--select', 'conversions_last_attributed'], null);
  const { silver, gold } = readCommands();
  await warehouse.succeed([...silver, '--threads', '1'], 'hour');
  await warehouse.succeed([...gold, '--threads', '1'], 'hour');
  await warehouse.store.query(
    'update attribution.attribution_builds set tables_build_number = 1 where build_number = 1',
  );
  await warehouse.expectBuilds(['first', 'hour'], alone);
});

nightly('an orchestrator can ask whether a build is finished, and repeat its tests', async () => {
  const ask = ['run-operation', 'require_finished_build'];
  await warehouse.succeed(ask, 'first');
  await warehouse.succeed(['test', '--exclude', 'tag:expensive', 'test_type:unit'], 'first');
  expectFailure(await warehouse.start(ask, 'other').result, /Build other is not finished/);
  await warehouse.store.query('drop table attribution.attribution_builds');
  expectFailure(await warehouse.start(ask, 'first').result, /Build first is not finished/);
});

nightly('commands that build nothing need no build', async () => {
  await warehouse.close();
  warehouse = await empty.copy();
  succeeded(await warehouse.start(['compile'], null, undefined, { click_window_days: 30 }).result);
  await warehouse.succeed(['docs', 'generate'], null);
  await warehouse.succeed(run, 'first');
  await warehouse.succeed(['compile'], null);
  await warehouse.expectBuilds(['first'], alone);
});

test('runs that create the lease, or take it, at the same moment as another one wait for it', async () => {
  const other = await warehouse.open();
  const created = `begin; create table attribution.run_lease as select cast('other' as varchar(64)) as build_id,
    cast('x' as varchar(64)) as invocation_id, cast(7 as bigint) as build_number,
    cast(null as timestamptz) as taken_at, cast(null as timestamptz) as expires_at`;
  await warehouse.store.query('drop table attribution.run_lease');
  await other.query(created);
  const creating = warehouse.start(run, 'second');
  await warehouse.waiting(1, creating);
  await other.query('commit');
  succeeded(await creating.result);
  await other.query(`begin; update attribution.run_lease set build_id = 'other', invocation_id = 'x',
    taken_at = now(), expires_at = now() + interval '1 hour'`);
  const taking = warehouse.start(run, 'third');
  await warehouse.waiting(1, taking);
  await other.query('commit');
  expectFailure(await taking.result, refused('other'));
  await warehouse.store.query('update attribution.run_lease set expires_at = null');
  await warehouse.expectBuilds(['first', 'second'], alone);
});
