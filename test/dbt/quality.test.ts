import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { attributionStatuses } from '../../src/db/warehouse/tables.ts';
import { qualityChecks } from '../../src/domain/quality.ts';
import { loadDbtProject, renderTest, runDbtProject } from '../../src/embedded/dbt/index.ts';
import {
  addRaw,
  DbtProjectCopy,
  literal,
  project,
  projectFolder,
  type RawWorld,
  reset,
  rowsOf,
  run,
  runOptions,
  type Store,
  stores,
} from '../support/dbt.ts';
import { changeChecks, messyWorld } from '../support/dbt-cases.ts';

const at = (time: string) => `2026-01-01T${time}Z`;

/** Two iterations, each with a click and a conversion, and no fault. */
const world: RawWorld = {
  strategies: [
    { id: 1, name: 'one', tune_offer_id: 100, created_at: at('00:00:00') },
    { id: 2, name: 'two', tune_offer_id: 200, created_at: at('00:00:00') },
  ],
  iterations: [
    { iteration_id: 1, strategy_id: 1, name: 'a', created_at: at('09:00:00') },
    { iteration_id: 2, strategy_id: 1, name: 'b', created_at: at('12:00:00') },
  ],
  campaigns: [{ id: 10, name: 'ten', adaction_id: 100 }],
  clicks: [
    { click_id: 'a', campaign_id: 10, timestamp: at('10:00:00') },
    { click_id: 'b', campaign_id: 10, timestamp: at('13:00:00') },
  ],
  events: ['a', 'b'].map((click) => ({
    ...{ event_id: `of ${click}`, event_type: 'goal_complete', click_id: click, payout: 1 },
    timestamp: at('14:00:00'),
  })),
};

describe.each(stores)('data quality on %s', (_name, open) => {
  let store: Store;
  beforeAll(async () => {
    store = await open();
  });
  afterAll(() => store.close());
  beforeEach(async () => {
    await reset(store);
    await addRaw(store, world);
  });

  const edit = (change: string) => store.query(`update adsuite_mirror.iterations set ${change}`);

  /** Builds, and returns that build's findings, except differences from the build before: check, subject, detail. */
  async function found(vars: Record<string, unknown> = {}, fullRefresh = false): Promise<string[]> {
    const { invocationId } = await build(vars, fullRefresh);
    const { rows } = await store.query(
      `select check_name, subject_id, detail from attribution.data_quality_findings
       where build_id = ${literal(invocationId)} and found > 0 and check_name not in (${changeChecks.map(literal).join(', ')})
       order by check_name, subject_rank`,
    );
    return rows.map(({ check_name, subject_id, detail }) => `${check_name} ${subject_id}: ${detail}`);
  }

  async function build(vars: Record<string, unknown> = {}, fullRefresh = false) {
    const options = runOptions({ vars, fullRefresh });
    await run(store, options);
    return options;
  }

  test('of clean data records every check, without findings', async () => {
    const { invocationId } = await build();
    const { rows } = await store.query(
      `select check_name, severity, found::int, subject_rank::int, subject_id, detail
       from attribution.data_quality_findings where build_id = ${literal(invocationId)}`,
    );
    expect(rows.map((row) => row.check_name).sort()).toEqual([...qualityChecks].sort());
    for (const row of rows) expect(row).toMatchObject({ found: 0, subject_rank: 0, subject_id: null, detail: null });
    const errors = rows.filter(({ severity }) => severity === 'ERROR').map((row) => row.check_name);
    expect(new Set(errors)).toEqual(new Set(qualityChecks.slice(0, errors.length)));
  });

  test('of a messy world has findings of every check', async () => {
    await reset(store);
    await addRaw(store, messyWorld);
    await build();
    await edit("created_at = created_at + interval '1 microsecond' where iteration_id = 4");
    await edit('strategy_id = 2 where iteration_id = 50');
    await store.query('delete from adsuite_mirror.iterations where iteration_id = 60');
    await store.query("delete from adgem.clicks where click_id in ('boundary', 'unconverted')");
    await store.query("delete from attribution.conversion_clicks where click_id = 'boundary'");
    // Divides the quarter-hour of a click that the source no longer has.
    await store.query(`insert into adsuite_mirror.iterations values (80, 1, null, '2026-01-11T12:05:00Z')`);
    await store.query('update adsuite_mirror.strategies set tune_offer_id = 301 where id = 3');
    await addRaw(store, {
      clicks: [
        {
          click_id: 'null campaign',
          campaign_id: 10,
          timestamp: '2026-01-10T10:00:00Z',
          loaded_at: '2026-03-01T00:00:00Z',
        },
      ],
      events: [
        {
          ...{ event_id: 'e1', event_type: 'goal_complete', click_id: 'boundary', payout: 77 },
          ...{ timestamp: '2026-01-12T22:00:00Z', loaded_at: '2026-03-01T00:00:00Z' },
        },
      ],
    });
    await build({ unattributed_jump_points: 0, unattributed_jump_minimum: 0 });
    // 50 had no strategy, and has one now.
    await store.query(`insert into adsuite_mirror.iterations values (70, 99, null, '2026-01-10T00:00:00Z')`);
    await build({ lost_percent: 100 });
    const { rows } = await store.query(
      'select distinct check_name from attribution.data_quality_findings where found > 0',
    );
    expect(new Set(rows.map((row) => row.check_name))).toEqual(new Set(qualityChecks));
  });

  const moved = 'CREATED_AT_EDITED 2: 2026-01-01T12:00:00.000000Z -> 2026-01-01T12:00:00.000001Z';

  test('an edit is reported by every build until it is reverted, even after a full refresh', async () => {
    expect(await found()).toEqual([]);
    await edit(`created_at = '${at('12:00:00.000001')}' where iteration_id = 2`);
    expect(await found()).toEqual([moved]);
    expect(await found({}, true)).toEqual([moved]);
    await edit(`created_at = '${at('13:00:00')}' where iteration_id = 2`);
    expect(await found()).toEqual([moved.replace(/\d\d:00:00.000001Z$/, '13:00:00.000000Z')]);
    await edit(`created_at = '${at('12:00:00')}' where iteration_id = 2`);
    expect(await found()).toEqual([]);
  });

  test('an invalid entry of accepted_iterations ends the run, and the message shows the valid forms', async () => {
    await build();
    const entries = {
      'names nothing': { id: 2 },
      'has a name that is none': { id: 2, goen: true },
      'is a number alone': 2,
      'has no id': { created_at: '2026-01-01T13:00:00Z' },
      'has an id that is none': { id: 'abc', gone: true },
      'has a strategy that is none': { id: 2, strategy_id: 'x' },
      'has a day for an instant': { id: 2, created_at: '2026-01-01' },
      'has a name too many': { id: 2, created_at: '2026-01-01T13:00:00Z', strategyid: 3 },
      'says gone in a text': { id: 2, gone: 'false' },
      'has a number of lost conversions that is none': { id: 2, lost: 'all' },
      'has an instant without an offset': { id: 2, created_at: '2026-01-01T13:00:00.000001' },
      'has a quote in its instant': { id: 2, created_at: "2026-01-01T13:00:00'Z" },
    };
    for (const [why, entry] of Object.entries(entries)) {
      await expect(found({ accepted_iterations: [{ id: 1, gone: true }, entry] }), why).rejects.toThrow(
        /accepted_iterations \(dbt_project\.yml\), entry 2 is invalid\. Use \{id: 17/,
      );
    }
  });

  test('an accepted edit is not reported any more, but the next one is', async () => {
    await build();
    await edit(`created_at = '${at('12:00:00.000001')}' where iteration_id = 2`);
    const accepted = { accepted_iterations: [{ id: 2, created_at: '2026-01-01T13:00:00.000001+01:00' }] };
    expect(await found(accepted)).toEqual([]);
    // Only the var accepts an edit: without it the edit is reported again.
    expect(await found()).toEqual([moved]);
    await edit(`created_at = '${at('12:00:00.000002')}' where iteration_id = 2`);
    expect(await found(accepted)).toEqual([moved.replace(/1Z$/, '2Z')]);
    await edit(`created_at = '${at('12:00:00')}' where iteration_id = 2`);
    expect(await found(accepted)).toEqual([]);
  });

  test('an iteration that moves to another strategy is reported, and accepted for that strategy only', async () => {
    await build();
    await edit('strategy_id = 2 where iteration_id = 2');
    expect(await found()).toEqual(['STRATEGY_OF_ITERATION_EDITED 2: strategy 1 -> 2']);
    expect(await found({ accepted_iterations: [{ id: 2, strategy_id: 3 }] })).toHaveLength(1);
    expect(await found({ accepted_iterations: [{ id: 2, strategy_id: 2 }] })).toEqual([]);
  });

  test('a deleted iteration is reported until it is restored unchanged', async () => {
    await build();
    await store.query('delete from adsuite_mirror.iterations where iteration_id = 2');
    const gone = 'ITERATION_GONE 2: strategy 1, 2026-01-01T12:00:00.000000Z';
    expect(await found()).toEqual([gone]);
    expect(await found({ accepted_iterations: [{ id: 2, gone: true }] })).toEqual([]);
    const back = (time: string) =>
      addRaw(store, { iterations: [{ iteration_id: 2, strategy_id: 1, name: 'b', created_at: at(time) }] });
    await back('12:00:00.000001');
    expect(await found({ accepted_iterations: [{ id: 2, gone: true }] })).toEqual([moved]);
    await store.query('delete from adsuite_mirror.iterations where iteration_id = 2');
    await back('12:00:00');
    expect(await found()).toEqual([]);
  });

  describe('conversions that are attributed no more', () => {
    const lost = (detail: string) => [`ATTRIBUTION_LOST 1: lost ${detail}`];
    /** Ten more clicks of iteration 1, each with a conversion: 11 in all. */
    const ten = Array.from({ length: 10 }, (_, index) => `m${index}`);
    /** Of the source's clicks, in SQL. They are kept in conversion_clicks, too. */
    const changeClicks = async (clicks: string, change: string) => {
      await store.query(`${change} where click_id in (${clicks})`);
      await store.query(`delete from attribution.conversion_clicks where click_id in (${clicks})`);
    };
    const loseClicks = (clicks: string) => changeClicks(clicks, 'delete from adgem.clicks');
    beforeEach(async () => {
      await addRaw(store, {
        clicks: ten.map((click) => ({ click_id: click, campaign_id: 10, timestamp: at('10:00:00') })),
        events: ten.map((click) => ({
          ...{ event_id: `of ${click}`, event_type: 'goal_complete', click_id: click, payout: 1 },
          timestamp: at('14:00:00'),
        })),
      });
      expect(await found()).toEqual([]);
    });

    test.each([
      ['an offer', 'update adgem.campaigns set adaction_id = null', '11 of 11: CAMPAIGN_WITHOUT_OFFER 11'],
      ['a campaign', 'delete from adgem.campaigns', '11 of 11: CAMPAIGN_NOT_FOUND 11'],
      ['a strategy', 'delete from adsuite_mirror.strategies where id = 1', '11 of 11: STRATEGY_NOT_FOUND 11'],
      [
        "an event's click id",
        "update events.events set click_id = null, loaded_at = now() where event_id = 'of a'",
        '1 of 11: NO_CLICK_ID 1',
      ],
    ])('because the source has lost %s', async (_, statement, detail) => {
      await store.query(statement);
      // Also after a full refresh.
      expect((await found({}, true)).filter((line) => line.startsWith('ATTRIBUTION_LOST 1'))).toEqual(lost(detail));
    });

    test('a click that the source has deleted is not lost, unless conversion_clicks loses it too', async () => {
      await store.query('truncate adgem.clicks');
      const deleted = { old_clicks_deleted: true };
      expect(await found(deleted, true)).toEqual([]);
      await store.query('drop table attribution.conversion_clicks cascade');
      expect(await found(deleted)).toEqual([
        ...lost('11 of 11: CLICK_NOT_FOUND 11'),
        'ATTRIBUTION_LOST 2: lost 1 of 1: CLICK_NOT_FOUND 1',
      ]);
    });

    test.each(attributionStatuses.filter((status) => status !== 'ATTRIBUTED'))(
      '%s is named as a cause',
      async (status) => {
        await store.query(
          `update attribution.goal_complete_events_attributed set iteration_id = null, attribution_status = '${status}'
         where event_id = 'of a'`,
        );
        const { rows } = await store.query('select detail from attribution.quality_attributions');
        expect(rows).toEqual([{ detail: `lost 1 of 11: ${status} 1` }]);
      },
    );

    test('an event that is retracted is found by the full refresh that removes it', async () => {
      await store.query("delete from events.events where event_id = 'of a'");
      expect(await found()).toEqual([]);
      expect(await found({}, true)).toEqual(lost('1 of 11: EVENT_GONE 1'));
    });

    test('a slow loss adds up: each build is compared with all earlier ones', async () => {
      for (const [index, click] of ten.slice(0, 4).entries()) {
        await loseClicks(`'${click}'`);
        expect(await found()).toEqual(lost(`${index + 1} of 11: CLICK_NOT_FOUND ${index + 1}`));
      }
      await addRaw(store, {
        clicks: ten.slice(0, 4).map((click) => ({ click_id: click, campaign_id: 10, timestamp: at('10:00:00') })),
      });
      expect(await found()).toEqual([]);
    });

    test('at most lost_percent of them is a warning', async () => {
      await loseClicks("'a'");
      const few = ['ATTRIBUTION_LOST_FEW 1: lost 1 of 11: CLICK_NOT_FOUND 1'];
      expect(await found({ lost_percent: 10 })).toEqual(few);
      // 1 of 11 is 9.09 percent.
      expect(await found({ lost_percent: 9 })).toEqual(lost('1 of 11: CLICK_NOT_FOUND 1'));
      expect(await found({ lost_percent: 9.1 })).toEqual(few);
    });

    test('up to an accepted number is not reported, but one more is', async () => {
      const accepted = { accepted_iterations: [{ id: 1, lost: 2 }] };
      await loseClicks("'a'");
      expect(await found(accepted)).toEqual([]);
      await loseClicks("'m0'");
      expect(await found(accepted)).toEqual([]);
      await loseClicks("'m1'");
      expect(await found(accepted)).toEqual(lost('3 of 11: CLICK_NOT_FOUND 3'));
    });

    test('a loss counts for the iteration that had the conversions last', async () => {
      // A late iteration takes two conversions of iteration 1, which are then lost.
      await addRaw(store, { iterations: [{ iteration_id: 3, strategy_id: 1, name: 'c', created_at: at('10:30:00') }] });
      await changeClicks("'a', 'm0'", `update adgem.clicks set "timestamp" = '${at('11:00:00')}'`);
      expect(await found()).toEqual([]);
      await loseClicks("'a', 'm0'");
      expect(await found()).toEqual(['ATTRIBUTION_LOST 3: lost 2 of 2: CLICK_NOT_FOUND 2']);
      // The other iteration's loss does not count them.
      await loseClicks("'m1'");
      expect(await found()).toEqual([
        'ATTRIBUTION_LOST 3: lost 2 of 2: CLICK_NOT_FOUND 2',
        'ATTRIBUTION_LOST 1: lost 1 of 9: CLICK_NOT_FOUND 1',
      ]);
    });

    test('at most lost_minimum of them is a warning', async () => {
      await loseClicks("'a'");
      expect(await found({ lost_minimum: 1 })).toEqual(['ATTRIBUTION_LOST_FEW 1: lost 1 of 11: CLICK_NOT_FOUND 1']);
      await loseClicks("'m0'");
      expect(await found({ lost_minimum: 1 })).toEqual(lost('2 of 11: CLICK_NOT_FOUND 2'));
    });

    test('an accepted end of an iteration accepts the loss of its conversions, unless it is restored', async () => {
      await store.query('delete from adsuite_mirror.iterations where iteration_id = 1');
      expect(await found()).toEqual([
        'ATTRIBUTION_LOST 1: lost 11 of 11: BEFORE_FIRST_ITERATION 11',
        'ITERATION_GONE 1: strategy 1, 2026-01-01T09:00:00.000000Z',
      ]);
      const accepted = { accepted_iterations: [{ id: 1, gone: true }] };
      expect(await found(accepted)).toEqual([]);
      await addRaw(store, { iterations: [{ iteration_id: 1, strategy_id: 1, name: 'a', created_at: at('09:00:00') }] });
      await loseClicks("'a'");
      expect(await found(accepted)).toEqual(lost('1 of 11: CLICK_NOT_FOUND 1'));
    });

    test('several causes are listed, and conversions that moved to another iteration are not lost', async () => {
      await changeClicks("'a', 'm0'", 'update adgem.clicks set campaign_id = 77');
      await loseClicks("'m1'");
      await changeClicks("'m2'", 'update adgem.clicks set iteration_id = 2');
      expect(await found()).toEqual(lost('3 of 10: CLICK_NOT_FOUND 1 CAMPAIGN_NOT_FOUND 2'));
    });
  });

  test('an iteration that is created later is not an edit', async () => {
    await build();
    await addRaw(store, { iterations: [{ iteration_id: 3, strategy_id: 1, created_at: at('11:00:00') }] });
    expect(await found()).toEqual([]);
    await edit(`created_at = '${at('11:30:00')}' where iteration_id = 3`);
    expect(await found()).toHaveLength(1);
  });

  test('the future begins after the start of the run', async () => {
    const startedAt = '2026-01-01T14:00:00.000000Z';
    const inTheFuture = async (asOf: string) => {
      // The events are changed, not delivered again.
      const options = runOptions({ startedAt, asOf, fullRefresh: true });
      await run(store, options);
      const { rows } = await store.query(
        `select subject_id from attribution.data_quality_findings
         where build_id = ${literal(options.invocationId)} and check_name = 'IN_THE_FUTURE' order by subject_rank`,
      );
      return rows.map((row) => row.subject_id);
    };
    expect(await inTheFuture('2026-01-01T09:30:00Z')).toEqual([null]);
    await store.query(`update events.events set "timestamp" = '2026-01-01T14:00:00.000001Z' where event_id = 'of a'`);
    await store.query(`update adgem.clicks set "timestamp" = '2026-01-01T15:00:00Z' where click_id = 'b'`);
    await store.query('drop table attribution.conversion_clicks, attribution.clicks_by_quarter_hour cascade');
    // The latest first.
    expect(await inTheFuture('2026-01-01T14:00:00Z')).toEqual(['of b', 'of a']);
  });

  test('an iteration is first seen when the run starts, and not at its as_of', async () => {
    const options = runOptions({ startedAt: at('15:00:00.000000'), asOf: at('14:00:00') });
    await run(store, options);
    const columns = ['first_seen_at', 'first_seen_build_id'];
    const seen = [options.startedAt, options.invocationId];
    expect(await rowsOf(store, 'attribution.iterations_first_seen', columns)).toEqual([seen, seen]);
  });

  test('a full refresh keeps what earlier builds have recorded', async () => {
    const first = await build();
    const records = {
      attribution_builds: 'build_id',
      data_quality_findings: 'build_id',
      iterations_first_seen: 'first_seen_build_id',
      conversions_last_attributed: 'attributed_since_build_id',
    };
    const recorded = async () => {
      const counts: Record<string, unknown> = {};
      for (const [table, column] of Object.entries(records)) {
        const { rows } = await store.query(
          `select count(*)::int as n from attribution.${table} where ${column} = ${literal(first.invocationId)}`,
        );
        counts[table] = rows[0]?.n;
      }
      return counts;
    };
    const before = await recorded();
    expect(before).toEqual({
      attribution_builds: 1,
      data_quality_findings: qualityChecks.length,
      iterations_first_seen: 2,
      conversions_last_attributed: 2,
    });
    await build({}, true);
    expect(await recorded()).toEqual(before);
  });

  describe('of 13 conversions with a negative payout', () => {
    beforeEach(() =>
      addRaw(store, {
        events: Array.from({ length: 13 }, (_, at) => ({
          ...{ event_id: `n${String(at).padStart(2, '0')}`, event_type: 'goal_complete', payout: -1 },
          timestamp: '2026-01-01T14:00:00Z',
        })),
      }),
    );

    /** The number of all subjects, and the recorded ones in order. */
    async function negative({ invocationId }: { invocationId: string }): Promise<[found: number, ids: string[]]> {
      const { rows } = await store.query(
        `select found::int, subject_rank::int, subject_id from attribution.data_quality_findings
         where build_id = ${literal(invocationId)} and check_name = 'NEGATIVE_PAYOUT' order by subject_rank`,
      );
      expect(rows.map((row) => row.subject_rank)).toEqual(rows.map((_, index) => index + 1));
      const [total, ...others] = new Set(rows.map((row) => Number(row.found)));
      expect(others).toEqual([]);
      return [total ?? 0, rows.map((row) => String(row.subject_id))];
    }
    const ids = (count: number) => Array.from({ length: count }, (_, at) => `n${String(at).padStart(2, '0')}`);

    test('as many are recorded as findings_kept says, and all are counted', async () => {
      for (const kept of [10, 12, 13, 14]) {
        expect(await negative(await build({ findings_kept: kept }))).toEqual([13, ids(Math.min(kept, 13))]);
      }
      expect(await negative(await build())).toEqual([13, ids(13)]);
    });

    test('a limit below ten, or that is not a number, ends the run', async () => {
      for (const kept of [9, 0, -1, '100', 'all', true]) {
        await expect(build({ findings_kept: kept }), String(kept)).rejects.toThrow(
          `findings_kept (dbt_project.yml) is ${kept}. It must be a number of at least 10.`,
        );
      }
    });

    test('the newest three builds keep all of them, older ones ten, also after a full refresh', async () => {
      const builds: { invocationId: string }[] = [];
      for (const fullRefresh of [false, false, true, false, true]) {
        builds.push(await build({}, fullRefresh));
        const kept: number[] = [];
        for (const each of builds) kept.push((await negative(each))[1].length);
        expect(kept).toEqual(builds.map((_, at) => (at < builds.length - 3 ? 10 : 13)));
      }
      const [oldest] = builds;
      expect(oldest && (await negative(oldest))).toEqual([13, ids(10)]);
      const grain = project.tests.find(({ name }) => name === 'findings_grain');
      if (!grain) throw new Error('findings_grain does not exist');
      expect((await store.query(renderTest(project, grain, runOptions()))).rows).toEqual([]);
    });

    test('those of builds that failed after their findings go with the next build that finishes', async () => {
      const copy = new DbtProjectCopy();
      try {
        copy.edit(
          'models/marts/attribution_builds.sql',
          '    gold.attributed,',
          '    gold.attributed / 0 as attributed,',
        );
        const broken = copy.load();
        const fail = async () => {
          const options = runOptions();
          await expect(runDbtProject(broken, store, options)).rejects.toThrow(/division by zero/);
          return options;
        };
        // The first build of all, too.
        const failed = [await fail(), await fail()];
        for (const each of failed) expect(await negative(each)).toEqual([13, ids(13)]);
        const first = await build();
        failed.push(await fail(), await fail(), await fail());
        // Builds that failed are not among the newest three.
        const second = await build();
        for (const each of failed) expect(await negative(each)).toEqual([13, ids(10)]);
        for (const each of [first, second]) expect(await negative(each)).toEqual([13, ids(13)]);
      } finally {
        copy.remove();
      }
    });
  });

  test('a failed build keeps its own record, and the next one writes another', async () => {
    const copy = new DbtProjectCopy();
    try {
      await build();
      copy.edit(
        'models/marts/attribution_builds.sql',
        'cast({{ build_number() }} as bigint)',
        'cast({{ build_number() }} / 0 as bigint)',
      );
      const failed = runOptions();
      await expect(runDbtProject(copy.load(), store, failed)).rejects.toThrow(/division by zero/);
      const next = runOptions();
      await runDbtProject(loadDbtProject(projectFolder), store, next);
      const { rows } = await store.query(
        'select build_id, count(*)::int as checks from attribution.data_quality_findings group by 1',
      );
      const checks = Object.fromEntries(rows.map((row) => [row.build_id, row.checks]));
      expect(checks).toMatchObject({
        [failed.invocationId]: qualityChecks.length,
        [next.invocationId]: qualityChecks.length,
      });
    } finally {
      copy.remove();
    }
  });
});
