import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runDbtProject } from '../../src/embedded/dbt/index.ts';
import {
  clicksDaily,
  type RawCampaign,
  type RawClick,
  type RawIteration,
  rawRows,
  rfc3339,
} from '../support/attribution.ts';
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
  sorted,
} from '../support/dbt.ts';
import { proofs } from '../support/proofs.ts';

const lookbackHours = 4;
const minute = 60_000_000;
/** In microseconds since 1970, on a quarter-hour. */
const start = Date.UTC(2026, 0, 10) * 1000;
const ids = ['c1', 'c2', 'c3', 'c4', 'c5'];
const columns = ['iteration_id', 'strategy_id', 'click_day', 'clicks'];

const strategies = [1, 2].map((id) => ({ id, name: null, tune_offer_id: id * 100, created_at: start }));

/** Times within a few quarter-hours around a midnight, some on their bounds. */
const times = fc
  .tuple(fc.constantFrom(-60, -15, -1, 0, 7, 15, 16, 22, 45), fc.constantFrom(0, 0, 1, -1))
  .map(([minutes, micros]) => start + minutes * minute + micros);

/** Even, odd, negative: PostgreSQL sums the clicks of even and odd numbers in different parts. */
const campaignIds = [10, -21, 30] as const;

/** A copy of a click, which becomes visible up to the look-back after it was loaded. */
const copies = fc
  .record({
    kind: fc.constant('click' as const),
    arrived: fc.integer({ min: 2, max: 16 }),
    click_id: fc.constantFrom(...ids, 'c1 ', 'c2  '),
    campaign_id: fc.constantFrom(null, ...campaignIds),
    iteration_id: fc.constantFrom(null, null, null, 4, 404),
    timestamp: times,
    delay: fc.constantFrom(0, 30, lookbackHours * 60),
    load: fc.constantFrom('known', 'known', 'known', 'unknown', 'ahead', 'out of range'),
  })
  .map(({ kind, arrived, delay, load, ...click }) => {
    const loaded = start + arrived * 30 * minute - delay * minute;
    const loadedAt = {
      ...{ known: loaded, ahead: loaded + 90 * minute, unknown: null, 'out of range': Number.POSITIVE_INFINITY },
    }[load];
    // Without a loaded_at, it counts as loaded when it happened.
    const isKnown = load === 'known' || load === 'ahead';
    return {
      ...{ kind, at: arrived },
      row: { ...click, timestamp: isKnown ? click.timestamp : loaded, loaded_at: loadedAt } as RawClick,
    };
  });

/** A new or changed iteration; its strategy has others. */
const edits = fc.record({
  kind: fc.constant('iteration' as const),
  at: fc.integer({ min: 4, max: 24 }),
  row: fc.record({
    iteration_id: fc.constantFrom(1, 2, 3, 4, 5),
    strategy_id: fc.constantFrom(1, 2),
    name: fc.constant(null),
    created_at: times,
  }),
});

/** A campaign's offer, which may be one of no strategy. */
const routes = fc.record({
  kind: fc.constant('campaign' as const),
  at: fc.integer({ min: 0, max: 24 }),
  row: fc.record({
    id: fc.constantFrom(...campaignIds),
    name: fc.constant(null),
    adaction_id: fc.constantFrom(100, 100, 200, 300, null),
  }),
});

type Item =
  | { readonly kind: 'click'; readonly at: number; readonly row: RawClick }
  | { readonly kind: 'iteration'; readonly at: number; readonly row: RawIteration & { iteration_id: number } }
  | { readonly kind: 'campaign'; readonly at: number; readonly row: RawCampaign & { id: number } };

const nameOf = (click: RawClick): string => click.click_id?.trimEnd() ?? '';

describe('the number of clicks', () => {
  let store: Store;
  beforeAll(async () => {
    store = await openPglite();
  });
  afterAll(() => store.close());
  beforeEach(() => reset(store));

  const build = (present: number, asOf: number, vars: Readonly<Record<string, unknown>> = {}) =>
    run(store, {
      select: [
        ...['stg_adsuite__strategies', 'strategies', 'stg_adsuite__iterations', 'iterations_with_end_time'],
        ...['stg_adgem__campaigns', 'base_adgem__clicks', 'clicks_by_quarter_hour'],
        ...['iteration_clicks_quarter_hourly', 'iteration_clicks_daily'],
      ],
      // In these small worlds all clicks may expire, or be from the future.
      vars: { lookback_hours: lookbackHours, old_clicks_deleted: true, ...vars },
      startedAt: rfc3339(present),
      asOf: rfc3339(asOf),
    });

  const counted = () => rowsOf(store, 'attribution.iteration_clicks_daily', columns);

  /** Builds after each batch of arriving items, and compares with all clicks that ever arrived. */
  async function follow(
    items: readonly Item[],
    batchSizes: readonly number[],
    behind: number,
    afterBuild: (present: number, clicks: readonly RawClick[]) => Promise<void> = async () => {},
  ): Promise<void> {
    await reset(store);
    await addRaw(store, { strategies: strategies.map((each) => ({ ...each, created_at: rfc3339(start) })) });
    const clicks: RawClick[] = [];
    const iterations = new Map<number, RawIteration>();
    const campaigns = new Map<number, RawCampaign>();
    const arriving = items.toSorted((one, other) => one.at - other.at);
    for (let batch = 0, from = 0; from < arriving.length; batch += 1) {
      const arrived = arriving.slice(from, from + (batchSizes[batch % batchSizes.length] ?? 1));
      from += arrived.length;
      for (const { kind, row } of arrived) {
        if (kind === 'iteration') iterations.set(row.iteration_id, row);
        else if (kind === 'campaign') campaigns.set(row.id, row);
        else clicks.push(row);
      }
      const newClicks = arrived.flatMap(({ kind, row }) => (kind === 'click' ? [row] : []));
      const [world, added] = [
        {
          ...{ strategies, clicks, events: [] },
          iterations: [...iterations.values()],
          campaigns: [...campaigns.values()],
        },
        { strategies: [], iterations: [], campaigns: [], clicks: newClicks, events: [] },
      ];
      await store.query('truncate adsuite_mirror.iterations, adgem.campaigns');
      const { iterations: iterationRows, campaigns: campaignRows } = rawRows(world);
      await addRaw(store, {
        ...{ clicks: rawRows(added).clicks ?? [], iterations: iterationRows ?? [], campaigns: campaignRows ?? [] },
      });
      const present = start + (arrived.at(-1)?.at ?? 0) * 30 * minute;
      const asOf = present - behind * minute;
      await build(present, asOf);
      const expected = clicksDaily(world, asOf, present).map((row) => row.map((value) => String(value)));
      expectSameRows(await counted(), sorted(expected), 'clicks');
      await afterBuild(present, clicks);
    }
  }

  /** Repeats random runs until they have met what is rare, but at most as often as with the full numbers. */
  const untilSeen = async (isSeen: () => boolean, runs: () => Promise<void>) => {
    for (let round = 0; round < 10 && !isSeen(); round += 1) await runs();
  };

  const sizes = fc.array(fc.integer({ min: 2, max: 12 }), { minLength: 1, maxLength: 4 });
  const some = <T>(values: fc.Arbitrary<T>, minLength: number, maxLength: number) =>
    fc.array(values, { minLength, maxLength, size: 'max' });

  test('is that of all clicks, however they arrive, and whatever becomes of windows and routes', async () => {
    const seen = { subtracted: 0, exact: 0, divided: 0 };
    await untilSeen(
      () => Object.values(seen).every((count) => count > 0),
      () =>
        fc.assert(
          fc.asyncProperty(
            fc
              .tuple(some(copies, 6, 24), some(edits, 6, 12), some(routes, 2, 6))
              .map((kinds): readonly Item[] => kinds.flat()),
            sizes,
            fc.constantFrom(0, 0, 7, 120),
            async (items, batchSizes, behind) => {
              await follow(items, batchSizes, behind);
              const { rows } = await store.query(
                `select count(*) filter (where clicks < 0)::int as back, coalesce(sum(is_exact), 0)::int as exact,
               count(*) filter (where clicks < 0 and is_exact = 0 and exists (
                 select from attribution.clicks_by_quarter_hour as other
                 where other.counted_through = entries.counted_through and other.is_exact = 1
                   and date_bin('15 minutes', other.clicked_at, '2000-01-01Z') = entries.clicked_at
               ))::int as divided
             from attribution.clicks_by_quarter_hour as entries`,
              );
              seen.subtracted += Number(rows[0]?.back);
              seen.exact += Number(rows[0]?.exact);
              seen.divided += Number(rows[0]?.divided);
            },
          ),
          { numRuns: proofs(15, 6, 60) },
        ),
    );
    for (const [kind, count] of Object.entries(seen)) expect(count, kind).toBeGreaterThan(0);
  });

  test('keeps clicks that expire, if they were loaded before the look-back and no copy of them comes later', async () => {
    let expired = 0;
    await untilSeen(
      () => expired > 2,
      () =>
        fc.assert(
          fc.asyncProperty(
            fc
              .tuple(some(copies, 8, 24), some(edits, 2, 5), some(routes, 2, 4))
              .map(([clicks, iterations, campaigns]): readonly Item[] => [
                ...clicks,
                ...[...iterations, ...campaigns].map((each) => ({ ...each, at: 0 })),
              ]),
            sizes,
            fc.array(fc.boolean(), { minLength: 2, maxLength: 6 }),
            async (items, batchSizes, expiring) => {
              let builds = 0;
              await follow(items, batchSizes, 0, async (present) => {
                builds += 1;
                if (!expiring[builds % expiring.length]) return;
                const isLater = (id: string) =>
                  items.some(
                    (each) =>
                      each.kind === 'click' && nameOf(each.row) === id && start + each.at * 30 * minute >= present,
                  );
                for (const id of ids.filter((each) => !isLater(each))) {
                  const { rowCount } = await store.query(
                    `delete from adgem.clicks where rtrim(click_id) = '${id}' and not exists (
                   select from adgem.clicks as copies where rtrim(copies.click_id) = '${id}'
                     and case when copies.loaded_at < '2100-01-01Z' then copies.loaded_at else copies.timestamp end
                       >= timestamptz '${rfc3339(present)}' - interval '${lookbackHours} hours'
                 )`,
                  );
                  expired += rowCount ?? 0;
                }
              });
            },
          ),
          { numRuns: proofs(15, 6, 60) },
        ),
    );
    expect(expired).toBeGreaterThan(2);
  });

  const click = (id: string, minutes: number, loaded: number, campaign = 10): RawClick => ({
    ...{ click_id: id, campaign_id: campaign, iteration_id: null },
    ...{ timestamp: start + minutes * minute, loaded_at: start + loaded * minute },
  });
  const iteration = (id: number, minutes: number) => ({
    ...{ kind: 'iteration' as const, at: 0 },
    row: { iteration_id: id, strategy_id: 1, name: null, created_at: start + minutes * minute },
  });
  const campaign = { kind: 'campaign' as const, at: 0, row: { id: 10, name: null, adaction_id: 100 } };

  test('is the same after a run that is repeated, and after a full refresh', async () => {
    const items: Item[] = [
      ...[campaign, iteration(1, 0), iteration(2, 7)],
      ...[1, 8, 9].map((minutes) => ({ kind: 'click' as const, at: 0, row: click(`c${minutes}`, minutes, 10) })),
      { kind: 'click', at: 20, row: click('c20', 20, 590) },
    ];
    await follow(items, [6, 1], 0);
    const entries = () =>
      rowsOf(store, 'attribution.clicks_by_quarter_hour', ['counted_through', 'clicked_at', 'is_exact', 'clicks']);
    const before = await entries();
    const present = start + 600 * minute;
    await build(present, present);
    expect(await entries()).toEqual(before);
    await run(store, {
      select: ['clicks_by_quarter_hour'],
      vars: { lookback_hours: lookbackHours, old_clicks_deleted: true },
      fullRefresh: true,
      startedAt: rfc3339(present),
    });
    expect(await entries()).toEqual(before);
  });

  test('clicks whose ids have the same hash are different clicks', async () => {
    const { rows } = await store.query(
      `select count(distinct id)::int as ids, count(distinct hashbpchar(cast(id as bpchar)))::int as hashes
       from unnest(array['c36012', 'c153775', 'c14100', 'c180248']) as id`,
    );
    expect(rows).toEqual([{ ids: 4, hashes: 2 }]);
    const clicks = ['c36012', 'c153775', 'c14100', 'c180248', 'c180248', 'alone'].map((id, minutes) => ({
      ...{ kind: 'click' as const, at: 20 },
      row: click(id, minutes, 590 - minutes),
    }));
    await follow([campaign, iteration(1, 0), ...clicks], [8], 0);
    expect((await counted()).map((row) => row.at(-1))).toEqual(['5']);
  });

  test('a click that is older than the last run of an earlier clock is still counted', async () => {
    const items: Item[] = [campaign, iteration(1, 0), { kind: 'click', at: 20, row: click('c1', 1, 590) }];
    await follow(items, [3], 0);
    // The clock goes back: nothing is counted twice, and nothing is lost.
    for (const minutes of [300, 900, 100, 2_000]) {
      await build(start + minutes * minute, start + minutes * minute);
      expect((await counted()).map((row) => row.at(-1))).toEqual(['1']);
    }
  });

  /** Builds after each step: minutes of the build, and what happens before it. */
  async function steps(all: readonly (readonly [number, () => Promise<unknown>])[], vars = {}): Promise<void> {
    await addRaw(store, {
      ...rawRows({
        strategies,
        iterations: [iteration(1, -600).row],
        campaigns: [campaign.row],
        clicks: [],
        events: [],
      }),
    });
    for (const [minutes, before] of all) {
      await before();
      await build(start + minutes * minute, start + minutes * minute, vars);
    }
  }
  const deliver = (...clicks: readonly RawClick[]) =>
    addRaw(store, {
      clicks: rawRows({ strategies: [], iterations: [], campaigns: [], events: [], clicks: [...clicks] }).clicks ?? [],
    });
  const begin = (minutes: number) =>
    store.query(`insert into adsuite_mirror.iterations values (2, 1, null, '${rfc3339(start + minutes * minute)}')`);
  const move = (minutes: number) =>
    store.query(
      `update adsuite_mirror.iterations set created_at = '${rfc3339(start + minutes * minute)}' where iteration_id = 2`,
    );
  const byIteration = async () => (await counted()).map(([id, , , clicks]) => `${id}: ${clicks}`);

  test('a quarter-hour that was divided stays divided when the window moves away and comes back', async () => {
    await steps([
      [10, () => Promise.all([begin(7), deliver(click('a', 3, 5))])],
      [500, async () => {}],
      // The window moves away. Then a copy takes a back to the quarter-hour before, and b takes its place.
      [510, () => move(60)],
      [520, () => deliver(click('a', -10, 515), click('b', 12, 515))],
      [1_000, async () => {}],
      [1_010, () => move(7)],
    ]);
    expect(await byIteration()).toEqual(['1: 1', '2: 1']);
  });

  test('a build is refused if the source has none of the clicks that are counted for good', async () => {
    const careful = { old_clicks_deleted: false };
    const replace = async (loaded: string) => {
      await store.query('create temporary table before as select * from adgem.clicks');
      await store.query('truncate adgem.clicks');
      await store.query(
        `insert into adgem.clicks select click_id, campaign_id, "timestamp", iteration_id, ${loaded} from before`,
      );
      await store.query('drop table before');
    };
    const later = (minutes: number) => `timestamptz '${rfc3339(start + minutes * minute)}'`;
    // Loaded again before anything is counted for good: the open clicks are counted again in any case.
    await steps(
      [
        [0, () => deliver(click('a', -30, -20), click('b', 40, -20))],
        [60, () => replace(later(50))],
        [600, async () => {}],
      ],
      careful,
    );
    const before = await counted();
    expect(before.map((row) => row.at(-1))).toEqual(['1', '1']);
    // Then loaded again.
    const refused = () =>
      expect(build(start + 660 * minute, start + 660 * minute, careful)).rejects.toThrow(
        /counts 2 clicks, but every click in adgem\.clicks was loaded after the last build, also old ones.* Nothing was counted/,
      );
    await replace(later(650));
    await refused();
    expect(await counted()).toEqual(before);
    // The remedy: all is counted once.
    await store.query('drop table attribution.clicks_by_quarter_hour cascade');
    await build(start + 660 * minute, start + 660 * minute, careful);
    expect(await counted()).toEqual(before);
    await build(start + 1_200 * minute, start + 1_200 * minute, careful);
    // Those that were deleted stay counted, also if no click comes for a long time, and then new ones.
    await store.query('truncate adgem.clicks');
    await build(start + 1_800 * minute, start + 1_800 * minute, careful);
    await deliver(click('c', 2_390, 2_395));
    await build(start + 2_400 * minute, start + 2_400 * minute, careful);
    expect((await counted()).map((row) => row.at(-1)).toSorted()).toEqual(['1', '1', '1']);
    await build(start + 2_700 * minute, start + 2_700 * minute, careful);
    // Late ones after a deletion look like a table that was loaded again.
    await store.query('truncate adgem.clicks');
    await deliver(click('d', 41, 2_990));
    const late = (vars: object) => build(start + 3_000 * minute, start + 3_000 * minute, { ...careful, ...vars });
    await expect(late({})).rejects.toThrow(/repeat the build once with the var old_clicks_deleted: true/);
    await late({ old_clicks_deleted: true });
    expect((await counted()).map((row) => row.at(-1)).toSorted()).toEqual(['1', '1', '2']);
  });

  test('a run changes nothing if another one has counted since it read where the last one stopped', async () => {
    await steps([
      [0, () => deliver(click('a', -30, -20))],
      [600, () => deliver(click('b', 40, 50))],
    ]);
    await deliver(click('c', 605, 610));
    const entries = () =>
      rowsOf(store, 'attribution.clicks_by_quarter_hour', ['counted_through', 'clicked_at', 'clicks', 'read_from']);
    const present = start + 1_200 * minute;
    const options = {
      select: ['clicks_by_quarter_hour'],
      vars: { lookback_hours: lookbackHours },
      startedAt: rfc3339(present),
      asOf: rfc3339(present),
    };
    let between: string[][] | undefined;
    const overtaken = {
      query: async (sql: string) => {
        if (sql.startsWith('create temporary table')) {
          // It has begun its transaction, as the other one had before it committed.
          await store.query('commit');
          await run(store, options);
          between = (await entries()) as string[][];
          await store.query('begin');
        }
        return store.query(sql);
      },
    };
    await runDbtProject(project, overtaken, runOptions(options));
    expect(between?.some(([, clickedAt]) => clickedAt?.startsWith('2026-01-10T10:00'))).toBe(true);
    expect(await entries()).toEqual(between);
  });

  test('a host whose clock is fast moves no bound into the future of the database', async () => {
    const ahead = Date.now() * 1000 + 10 * 24 * 60 * minute;
    await build(ahead, ahead);
    const { rows } = await store.query(
      `select max(counted_through) <= clock_timestamp() as is_past, count(*)::int as runs
       from attribution.clicks_by_quarter_hour where counted_through < '2100-01-01Z'`,
    );
    expect(rows).toEqual([{ is_past: true, runs: 1 }]);
  });

  test('click_copies_days bounds the distance of copies, not the age of a click that is delivered again', async () => {
    const days = 24 * 60;
    const vars = { click_copies_days: 7 };
    const old = click('old', -300, -290);
    await steps(
      [
        [0, () => deliver(old)],
        [500, async () => {}],
        [20 * days, () => deliver({ ...old, loaded_at: start + 20 * days * minute })],
        // Three copies: the last one is near the second, which is not the one that counts.
        [
          21 * days,
          () => deliver(click('far', 20 * days, 21 * days - 5), click('far', 20 * days + 4 * days, 21 * days - 5)),
        ],
        [22 * days, async () => {}],
        [30 * days, () => deliver(click('far', 22 * days, 30 * days - 5))],
      ],
      vars,
    );
    expect((await counted()).map((row) => row.at(-1))).toEqual(['1', '1']);
  });
});
