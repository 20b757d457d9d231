import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { embeddedChangeStatements, keptRecordTableStatements } from '../../src/embedded/build-records.ts';
import { renderProjectOf } from '../../src/embedded/dbt/project.ts';
import { renderTemplate } from '../../src/embedded/dbt/render.ts';
import { asOfs, cleanWorlds, messyWorlds, rawRows, rfc3339, type World } from '../support/attribution.ts';
import {
  addRaw,
  expectSameRows,
  openPglite,
  project,
  reset,
  rowsOf,
  run,
  runOptions,
  type Store,
} from '../support/dbt.ts';
import { proofs } from '../support/proofs.ts';

let store: Store;
beforeAll(async () => {
  store = await openPglite();
});
afterAll(() => store.close());
beforeEach(() => reset(store));

const contract = project.models.find(({ name }) => name === 'goal_complete_events_attributed')?.contract;
const goldColumns = contract?.columns.map(({ name }) => name) ?? [];
const table = 'attribution.attribution_history';

const tables = ['strategies', 'iterations', 'campaigns', 'clicks', 'events'] as const;
type Table = (typeof tables)[number];

/** One run. It replaces some tables of the world before, so that often a single hop differs. */
const steps = fc.record({
  world: messyWorlds,
  replaced: fc.oneof(
    fc.constantFrom<Table[]>(['iterations'], ['iterations'], ['strategies'], ['campaigns']),
    fc.uniqueArray(fc.constantFrom(...tables), { minLength: 1, maxLength: 2 }),
  ),
  lost: fc.option(fc.constantFrom<Table>(...tables), { freq: 9, nil: null }),
  asOf: asOfs,
  kind: fc.oneof(
    { weight: 8, arbitrary: fc.constant('build' as const) },
    { weight: 2, arbitrary: fc.constant('fails after the history' as const) },
    { weight: 2, arbitrary: fc.constant('full refresh' as const) },
    { weight: 1, arbitrary: fc.constant('loses the clicks that were found' as const) },
  ),
});

let day = 0;
/** The start of the next run. */
const nextStart = () => {
  day += 1;
  return new Date(Date.UTC(2026, 2, 1) + day * 86_400_000).toISOString();
};

const vars = { lookback_hours: 1_000_000, old_clicks_deleted: true };
const others = project.models
  .map(({ name }) => name)
  .filter((name) => !['attribution_builds', 'attribution_history'].includes(name));
const beforeTheRecord = project.models.map(({ name }) => name).filter((name) => name !== 'attribution_builds');

const gold = () => rowsOf(store, 'attribution.goal_complete_events_attributed', goldColumns);

/** The state of a build by the history. */
async function stateOf(build: number): Promise<(string | null)[][]> {
  await store.query(`create or replace temporary view state_of_build as select * from ${table}
    where from_build_number <= ${build} and (until_build_number is null or until_build_number > ${build})`);
  return rowsOf(store, 'state_of_build', goldColumns);
}

const replaceRaw = async (world: World) => {
  await store.query(
    'truncate adsuite_mirror.strategies, adsuite_mirror.iterations, adgem.campaigns, adgem.clicks, events.events',
  );
  await addRaw(store, rawRows(world));
};

test('the history has gold of each build, whatever happens in between, and a cause for each change', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(cleanWorlds, messyWorlds),
      fc.array(steps, { minLength: 10, maxLength: 10 }),
      async (first, all) => {
        await reset(store);
        let world = first;
        const built: (string | null)[][][] = [];
        for (const { world: next, replaced, lost, asOf, kind } of all) {
          world = { ...world, ...Object.fromEntries(replaced.map((name) => [name, next[name]])) };
          await replaceRaw(lost === null ? world : { ...world, [lost]: [] });
          const options = { startedAt: nextStart(), asOf: rfc3339(asOf), vars, fullRefresh: kind === 'full refresh' };
          if (kind === 'loses the clicks that were found') {
            await store.query('drop table if exists attribution.conversion_clicks cascade');
          }
          if (kind === 'fails after the history') await run(store, { ...options, select: beforeTheRecord });
          else {
            await run(store, options);
            built.push(await gold());
            expectSameRows(await stateOf(built.length), built.at(-1) ?? [], 'the newest build');
          }
          for (const [at, rows] of built.entries()) expectSameRows(await stateOf(at + 1), rows, `build ${at + 1}`);
        }
        const { rows: others } = await store.query(
          `select * from ${table} where begin_cause = 'OTHER' or end_cause = 'OTHER'`,
        );
        expect(others).toEqual([]);
        const { rows: records } = await store.query(
          `select distinct history_since_build_number::int as since from attribution.attribution_builds`,
        );
        expect(records).toEqual(built.length === 0 ? [] : [{ since: 1 }]);
      },
    ),
    { numRuns: proofs(5, 4, 13) },
  );
});

test('the columns of an interval are those of gold', () => {
  const { sql } = renderTemplate(renderProjectOf(project), 'test', '{{ history_columns() }}', {
    ...runOptions(),
    schema: 'attribution',
  });
  expect(['event_id', ...sql.split(' ')]).toEqual(goldColumns);
  const columns = project.models.find(({ name }) => name === 'attribution_history')?.contract?.columns;
  expect(columns?.filter(({ name }) => goldColumns.includes(name))).toEqual(contract?.columns);
});

/** A conversion that gets another payout in each build, and one that stays as it is. */
const event = (id: string, payout: number) => ({
  ...{ event_id: id, event_type: 'goal_complete', payout },
  ...{ timestamp: '2026-01-01T00:00:00Z', loaded_at: '2026-01-01T01:00:00Z' },
});
const build = (more: Readonly<Record<string, unknown>> = {}, select?: readonly string[]) =>
  run(store, { startedAt: nextStart(), vars: { ...vars, ...more }, ...(select === undefined ? {} : { select }) });
const pay = (payout: number) => store.query(`update events.events set payout = ${payout} where event_id = 'changing'`);
const noted = async () => (await store.query(`select obj_description('${table}'::regclass) as note`)).rows[0]?.note;
const intervals = () =>
  rowsOf(store, table, ['event_id', 'payout', 'from_build_number', 'until_build_number', 'begin_cause', 'end_cause']);
const since = async () =>
  (
    await rowsOf(store, 'attribution.attribution_builds', [
      'build_number',
      'history_since_build_number',
      'rule_version',
    ])
  ).map(([, oldest]) => Number(oldest));

describe('a history', () => {
  beforeEach(() => addRaw(store, { events: [event('changing', 1), event('staying', 1)] }));

  test('answers as many builds as are kept, and those of the last recorded build until the next one is', async () => {
    for (const payout of [1, 2, 3, 4, 5]) {
      await pay(payout);
      await build({ history_builds: 3 });
    }
    expect(await since()).toEqual([1, 1, 1, 2, 3]);
    // What only build 1 had is deleted; the state of build 2 goes with build 6.
    const rows = await intervals();
    expect(rows.map(([, , from]) => Number(from)).sort()).toEqual([1, 2, 3, 4, 5]);
    await expect(build({ history_builds: 1 })).rejects.toThrow(/history_builds must be a number, at least 2, not 1/);
  });

  test('is repeated by a retry with the same number, with other data', async () => {
    await build();
    await pay(2);
    await build({}, beforeTheRecord);
    const ended = await intervals();
    expect(ended).toHaveLength(3);
    await build({}, beforeTheRecord);
    expect(await intervals()).toEqual(ended);
    // The event is as it was: the interval goes on, as if nothing had happened.
    await pay(1);
    await build();
    expect(await intervals()).toEqual([
      ['changing', '1.0000', '1', null, 'NEW', null],
      ['staying', '1.0000', '1', null, 'NEW', null],
    ]);
  });

  /** Two builds, and an attempt of the third one that stops before its row, when it has noted that the history goes on. */
  const interrupted = async (build_id: string) => {
    await build();
    await build();
    await build({ build_id }, beforeTheRecord);
  };

  test('begins again if the intervals were deleted after an attempt of the same build', async () => {
    await interrupted('repeated');
    await store.query(`truncate ${table}`);
    await build({ build_id: 'repeated' });
    expect((await intervals()).map(([, , from]) => from)).toEqual(['3', '3']);
    expect(await since()).toEqual([1, 1, 3]);
    expect(await noted()).toBe('history before build 3 repeated: ');
    await build();
    expect(await since()).toEqual([1, 1, 3, 3]);
  });

  test.each<[who: string, build_id: string, own: string, oldest: number]>([
    ['the models after it use what their build has noted', 'own', 'own', 1],
    ['and if the id looks like the end of a note', 'own: 2 2 : ', 'own: 2 2 : ', 1],
    ['but not what another build has noted', 'other', 'own', 3],
    ['nor one whose id begins with theirs', 'own: 1', 'own', 3],
  ])('is counted once: %s', async (_what, build_id, own, oldest) => {
    await interrupted(build_id);
    expect(await noted()).toMatch(new RegExp(`^history before build 3 ${build_id}: 1 1 2026-`));
    // The intervals that build 1 had are lost after they were counted.
    await store.query(`update ${table} set from_build_number = 2`);
    // The published models of the build must have its id.
    await build({ build_id: own }, others);
    await build({ build_id: own }, ['attribution_builds']);
    expect((await since()).at(-1)).toBe(oldest);
  });

  test.each([
    ['an interval is missing', `delete from ${table} where event_id = 'staying'`],
    ['the data have another source', `drop table ${table} cascade`],
    [
      'the build before is of an earlier release',
      `drop table ${table} cascade; alter table attribution.attribution_builds drop column history_since_build_number`,
    ],
    [
      'the build before recorded no history',
      'update attribution.attribution_builds set history_since_build_number = null',
    ],
    ['the builds were deleted', 'truncate attribution.attribution_builds'],
  ])('begins again if %s', async (_what, statements) => {
    await build();
    await pay(2);
    await build();
    for (const statement of statements.split('; ')) await store.query(statement);
    await pay(3);
    await build();
    const number = statements.startsWith('truncate') ? '1' : '3';
    expect(await intervals()).toEqual([
      ['changing', '3.0000', number, null, 'NEW', null],
      ['staying', '1.0000', number, null, 'NEW', null],
    ]);
    expect((await since()).at(-1)).toBe(Number(number));
  });

  test('begins again after another source without conversions', async () => {
    const some = [event('changing', 1), event('staying', 1)];
    for (const events of [[], some, []]) {
      await store.query('truncate events.events');
      await addRaw(store, { events });
      await run(store, { startedAt: nextStart(), vars, fullRefresh: true });
    }
    for (const statement of [
      'create schema if not exists embedded',
      ...keptRecordTableStatements('embedded'),
      ...embeddedChangeStatements({ from: 'one', to: 'two', remembered: [], isCopy: false }),
    ]) {
      await store.query(statement);
    }
    await addRaw(store, { events: [event('other', 1)] });
    await build();
    expect((await since()).at(-1)).toBe(4);
    await store.query('drop schema embedded cascade');
  });

  test('goes on after a build without conversions', async () => {
    await build();
    await store.query('truncate events.events');
    await run(store, { startedAt: nextStart(), vars, fullRefresh: true });
    expect(await stateOf(2)).toEqual([]);
    await addRaw(store, { events: [event('changing', 1)] });
    await build();
    expect(await since()).toEqual([1, 1, 1]);
    expect(await intervals()).toEqual([
      ['changing', '1.0000', '1', '2', 'NEW', 'GONE'],
      ['changing', '1.0000', '3', null, 'NEW', null],
      ['staying', '1.0000', '1', '2', 'NEW', 'GONE'],
    ]);
  });

  test('fills a column that a release adds, without ending an interval', async () => {
    await build();
    const before = await stateOf(1);
    await pay(2);
    await build();
    for (const column of ['goal_reference_id', 'payout'])
      await store.query(`alter table ${table} drop column ${column} cascade`);
    await build();
    expect(await intervals()).toEqual([
      ['changing', '2.0000', '2', null, 'EVENT_CORRECTED', null],
      ['changing', null, '1', '2', 'NEW', 'EVENT_CORRECTED'],
      ['staying', '1.0000', '1', null, 'NEW', null],
    ]);
    expect(before).toHaveLength(2);
  });

  test('fills a column that a release adds in a retry, with other data', async () => {
    await build();
    // The release before had no payouts.
    for (const each of [table, 'attribution.goal_complete_events_attributed__1'])
      await store.query(`alter table ${each} drop column payout cascade`);
    await store.query("update events.events set goal_reference_id = 'other', payout = 2 where event_id = 'changing'");
    await build({}, beforeTheRecord);
    expect(await intervals()).toHaveLength(3);
    await store.query('update events.events set goal_reference_id = null, payout = 3');
    await build();
    expect(await intervals()).toEqual([
      ['changing', '3.0000', '1', null, 'NEW', null],
      ['staying', '3.0000', '1', null, 'NEW', null],
    ]);
  });
});
