import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { renderTest } from '../../src/embedded/dbt/index.ts';
import type { Store } from '../support/dbt.ts';
import { addRaw, literal, project, type RawWorld, reset, rowsOf, run, runOptions, stores } from '../support/dbt.ts';

const at = (time: string, day = '01') => `2026-02-${day}T${time}Z`;

/** One strategy with two iterations, a click and conversion in each, and no fault. */
const world: RawWorld = {
  strategies: [{ id: 1, name: 'one', tune_offer_id: 100, created_at: at('00:00:00') }],
  iterations: [
    { iteration_id: 10, strategy_id: 1, name: 'a', created_at: at('09:00:00') },
    { iteration_id: 11, strategy_id: 1, name: 'b', created_at: at('12:00:00') },
  ],
  campaigns: [
    { id: 1000, name: 'c', adaction_id: 100 },
    { id: 2000, name: 'other', adaction_id: 200 },
  ],
  clicks: [
    { click_id: 'k1', campaign_id: 1000, timestamp: at('10:00:00'), loaded_at: at('10:05:00') },
    { click_id: 'k2', campaign_id: 1000, timestamp: at('13:00:00'), loaded_at: at('13:05:00') },
  ],
  events: ['k1', 'k2'].map((click) => ({
    ...{ event_id: `of ${click}`, event_type: 'goal_complete', click_id: click, goal_reference_id: 'g', payout: 1 },
    ...{ timestamp: at('14:00:00'), loaded_at: at('14:05:00') },
  })),
};

const event = (id: string, values: Readonly<Record<string, string | number | null>> = {}) => ({
  ...{ event_id: id, event_type: 'goal_complete', click_id: 'k1', goal_reference_id: 'g', payout: 1 },
  ...{ timestamp: at('15:00:00'), loaded_at: at('15:05:00') },
  ...values,
});

/** A number of milliseconds read as seconds, of seconds read as milliseconds, no time at all, and the bounds. */
const outOfRange = [
  ['58133-03-25T08:00:00Z', '58133-03-25 08:00:00'],
  ['1970-01-21T12:18:00Z', '1970-01-21 12:18:00'],
  ['infinity', 'infinity'],
  ['-infinity', '-infinity'],
  ['0044-03-15 00:00:00+00 BC', '0044-03-15 00:00:00 BC'],
  ['1999-12-31T23:59:59.999999Z', '1999-12-31 23:59:59.999999'],
  ['2099-12-31T23:00:00-01:00', '2100-01-01 00:00:00'],
] as const;

describe.each(stores)('invalid data on %s', (_name, open) => {
  let store: Store;
  beforeAll(async () => {
    store = await open();
  });
  afterAll(() => store.close());
  beforeEach(async () => {
    await reset(store);
    await addRaw(store, world);
  });

  /** Builds, runs the tests of a build, and returns the findings: check, subject, detail. */
  async function build(startedAt = at('00:00:00', '20')): Promise<string[]> {
    const options = runOptions({ startedAt });
    await run(store, options);
    for (const each of project.tests.filter(
      ({ severity, tags }) => severity === 'error' && !tags.includes('expensive'),
    )) {
      const { rows } = await store.query(renderTest(project, each, options));
      expect(rows, each.name).toEqual([]);
    }
    const { rows } = await store.query(
      `select check_name, subject_id, detail from attribution.data_quality_findings
       where build_id = ${literal(options.invocationId)} and found > 0 order by check_name, subject_rank`,
    );
    return rows.map(({ check_name, subject_id, detail }) => `${check_name} ${subject_id}: ${detail}`);
  }

  /** Each conversion with its iteration or status, and its payout. */
  async function gold(): Promise<Record<string, string>> {
    const columns = ['event_id', 'iteration_id', 'attribution_status', 'payout'];
    const rows = await rowsOf(store, 'attribution.goal_complete_events_attributed', columns);
    return Object.fromEntries(rows.map(([id, iteration, status, payout]) => [id, `${iteration ?? status} ${payout}`]));
  }

  const before = { 'of k1': '10 1.0000', 'of k2': '11 1.0000' };

  test('a valid world has no findings', async () => {
    expect(await build()).toEqual([]);
    expect(await gold()).toEqual(before);
  });

  describe('times out of range', () => {
    const ids = outOfRange.map((_, index) => `t${index}`);
    /** A finding per time, in the order of the ids. */
    const found = (check: string, idOf: (index: number) => string | number, column: string) =>
      outOfRange.map(([, shown], index) => `${check} ${idOf(index)}: ${column}: ${shown}`);
    const timed = <T extends object>(rowOf: (time: string, index: number) => T) =>
      outOfRange.map(([time], index) => rowOf(time, index));

    test('of events: they are ignored and found, unless another copy is valid', async () => {
      await addRaw(store, {
        events: [
          ...timed((time, index) => event(`t${index}`, { timestamp: time, loaded_at: at('16:00:00') })),
          event('t0', { payout: 2 }),
        ],
      });
      expect(await build()).toEqual(
        found('EVENT_TIME_OUT_OF_RANGE', (index) => `t${index}`, 'events.events.timestamp'),
      );
      expect(await gold()).toEqual({ ...before, t0: '10 2.0000' });
      // When no run reads them again, they are not reported again.
      await addRaw(store, { events: [event('later', { loaded_at: at('00:00:00', '19') })] });
      await build();
      expect(await build(at('00:00:00', '21'))).toEqual([]);
      expect(await gold()).toEqual({ ...before, t0: '10 2.0000', later: '10 1.0000' });
    });

    test('of clicks, even if they name an iteration: they are ignored and found', async () => {
      await addRaw(store, {
        clicks: [
          ...timed((time, index) => ({
            click_id: `t${index}`,
            campaign_id: 1000,
            timestamp: time,
            iteration_id: index % 2 ? 10 : null,
          })),
          { click_id: 't0', campaign_id: null, timestamp: at('13:00:00') },
          { click_id: 't1', campaign_id: 1000, timestamp: at('13:00:00') },
        ],
        events: ids.map((click) => event(click, { click_id: click })),
      });
      expect(await build()).toEqual(found('CLICK_TIME_OUT_OF_RANGE', (index) => `t${index}`, 'adgem.clicks.timestamp'));
      expect(await gold()).toEqual({
        ...before,
        ...Object.fromEntries(ids.map((id) => [id, 'CLICK_NOT_FOUND 1.0000'])),
        // Nor do they complete a valid copy.
        t0: 'CAMPAIGN_NOT_FOUND 1.0000',
        t1: '11 1.0000',
      });
    });

    test('of iterations: they are ignored, and an error', async () => {
      await addRaw(store, {
        iterations: timed((time, index) => ({ iteration_id: 20 + index, strategy_id: 1, created_at: time })),
      });
      expect(await build()).toEqual(
        found('ITERATION_TIME_OUT_OF_RANGE', (index) => 20 + index, 'adsuite_mirror.iterations.created_at'),
      );
      expect(await gold()).toEqual(before);
      const { rows } = await store.query(
        `select distinct severity from attribution.data_quality_findings where check_name = 'ITERATION_TIME_OUT_OF_RANGE'`,
      );
      expect(rows).toEqual([{ severity: 'ERROR' }]);
    });

    test('of a copy of an iteration: the valid copy is used, which is no error', async () => {
      await addRaw(store, {
        iterations: [{ iteration_id: 10, strategy_id: 1, created_at: '1970-01-21T12:18:00Z' }],
      });
      expect(await build()).toEqual(['ROWS_WITHOUT_KEY adsuite_mirror.iterations: rows: 1']);
      expect(await gold()).toEqual(before);
    });

    test('of strategies: nothing is lost, and the times can be returned', async () => {
      await store.query("update adsuite_mirror.strategies set created_at = 'infinity'");
      await addRaw(store, { strategies: timed((time, index) => ({ id: 20 + index, created_at: time })) });
      expect(await build()).toEqual([
        'STRATEGY_TIME_OUT_OF_RANGE 1: adsuite_mirror.strategies.created_at: infinity',
        ...found('STRATEGY_TIME_OUT_OF_RANGE', (index) => 20 + index, 'adsuite_mirror.strategies.created_at'),
      ]);
      expect(await gold()).toEqual(before);
      const created = (await rowsOf(store, 'attribution.strategies', ['created_at'])).map(([time]) => time);
      expect(new Set(created)).toEqual(new Set(['2000-01-01T00:00:00.000000Z', '2099-12-31T23:59:59.999999Z']));
    });

    test('as loaded_at of events and clicks: they count, and the data is not new', async () => {
      await addRaw(store, {
        clicks: timed((time, index) => ({
          click_id: `t${index}`,
          campaign_id: 1000,
          timestamp: at('13:00:00'),
          loaded_at: time,
        })),
        events: timed((time, index) => event(`t${index}`, { click_id: `t${index}`, loaded_at: time })),
      });
      expect((await build()).filter((line) => line.startsWith('EVENT_'))).toEqual(
        found('EVENT_TIME_OUT_OF_RANGE', (index) => `t${index}`, 'events.events.loaded_at'),
      );
      expect(await gold()).toEqual({ ...before, ...Object.fromEntries(ids.map((id) => [id, '11 1.0000'])) });
      const columns = ['events_loaded_through', 'clicks_loaded_through'];
      expect(await rowsOf(store, 'attribution.attribution_builds', columns)).toEqual([
        [at('15:00:00.000000'), at('13:05:00.000000')],
      ]);
      // Without a valid one the age of the clicks is unknown.
      await store.query("update adgem.clicks set loaded_at = '1999-12-31T23:59:59Z'");
      await build();
      const newest =
        'select clicks_loaded_through from attribution.attribution_builds order by build_number desc limit 1';
      expect((await store.query(newest)).rows).toEqual([{ clicks_loaded_through: null }]);
    });
  });

  test('a payout NaN is no payout, and the conversion counts', async () => {
    const later = { loaded_at: at('16:00:00') };
    await addRaw(store, {
      events: [
        event('alone', { payout: 'NaN' }),
        event('corrected', { payout: 'NaN' }),
        event('corrected', { payout: 5, ...later }),
        event('no click', { payout: 'NaN', click_id: null }),
        event('replaced', { payout: 5 }),
        event('replaced', { payout: 'NaN', ...later }),
        event('tied', { payout: 'NaN' }),
        event('tied', { payout: 7 }),
      ],
    });
    expect(await build()).toEqual([
      'EVENT_CONFLICT tied: copies differ in payout',
      'PAYOUT_NOT_A_NUMBER alone: payout is not a finite number',
      'PAYOUT_NOT_A_NUMBER no click: payout is not a finite number',
      'PAYOUT_NOT_A_NUMBER replaced: payout is not a finite number',
    ]);
    expect(await gold()).toEqual({
      ...before,
      alone: '10 null',
      corrected: '10 5.0000',
      'no click': 'NO_CLICK_ID null',
      replaced: '10 null',
      tied: '10 7.0000',
    });
    const { rows } = await store.query(
      'select sum(payout)::text as payout, sum(conversions)::int as conversions from attribution.iteration_metrics_daily',
    );
    expect(rows).toEqual([{ payout: '14.0000', conversions: 6 }]);
  });

  describe('a loaded_at in the future', () => {
    const loadedThrough = () =>
      rowsOf(store, 'attribution.attribution_builds', ['events_loaded_through', 'clicks_loaded_through']);
    const future = '2027-11-06T12:05:00Z';

    test.each([
      ['an hour and a microsecond', at('01:00:00.000001', '20')],
      ['many years', '2099-12-31T23:59:59.999999Z'],
    ])('by %s counts as no new data, and is found', async (_what, time) => {
      await addRaw(store, {
        clicks: [{ click_id: 'ahead', campaign_id: 1000, timestamp: at('13:00:00'), loaded_at: time }],
        events: [event('ahead', { loaded_at: time })],
      });
      const shown = time.replace('T', ' ').replace('Z', '');
      expect(await build()).toEqual([
        `LOADED_IN_THE_FUTURE adgem.clicks: rows: 1, one of them ahead, the latest ${shown}`,
        `LOADED_IN_THE_FUTURE events.events: rows: 1, one of them ahead, the latest ${shown}`,
      ]);
      expect(await gold()).toEqual({ ...before, ahead: '10 1.0000' });
      expect(await loadedThrough()).toEqual([[at('14:05:00.000000'), at('13:05:00.000000')]]);
    });

    test('counts from as_of, even if the run starts later', async () => {
      const startedAt = at('00:00:00', '20');
      await run(store, { startedAt, asOf: at('13:05:00') });
      expect(await loadedThrough()).toEqual([[null, at('13:05:00.000000')]]);
      await run(store, { startedAt, asOf: at('13:04:59.999999') });
      expect((await loadedThrough()).map(([, clicks]) => clicks)).toContain(at('10:05:00.000000'));
      await run(store, { startedAt, asOf: at('14:05:00') });
      expect(await loadedThrough()).toContainEqual([at('14:05:00.000000'), at('13:05:00.000000')]);
    });

    test('by no more than an hour counts as no new data, and is not found', async () => {
      const time = at('01:00:00', '20');
      await addRaw(store, {
        clicks: [{ click_id: 'ahead', campaign_id: 1000, timestamp: at('13:00:00'), loaded_at: time }],
        events: [event('ahead', { loaded_at: time })],
      });
      expect(await build()).toEqual([]);
      expect(await loadedThrough()).toEqual([[at('14:05:00.000000'), at('13:05:00.000000')]]);
    });

    test('of all rows leaves the age unknown', async () => {
      await store.query(`update events.events set loaded_at = ${literal(future)}`);
      await store.query(`update adgem.clicks set loaded_at = ${literal(future)}`);
      await build();
      expect(await gold()).toEqual(before);
      expect(await loadedThrough()).toEqual([[null, null]]);
    });

    test('is not the newest copy: a later correction counts, in that build and in all later ones', async () => {
      const found = ['LOADED_IN_THE_FUTURE events.events: rows: 1, one of them e, the latest 2027-11-06 12:05:00'];
      await addRaw(store, { events: [event('e', { payout: 1, loaded_at: future })] });
      expect(await build()).toEqual(found);
      expect(await gold()).toMatchObject({ e: '10 1.0000' });
      await addRaw(store, { events: [event('e', { payout: 2, loaded_at: at('01:00:00', '20') })] });
      expect(await build(at('00:00:00', '21'))).toEqual([...found, 'PAYOUT_CHANGED e: payout 1.0000 -> 2.0000']);
      expect(await gold()).toMatchObject({ e: '10 2.0000' });
      await addRaw(store, { events: [event('other', { loaded_at: '2026-06-01T00:00:00Z' })] });
      expect(await build('2026-06-02T00:00:00.000000Z')).toEqual(found);
      expect(await build('2026-06-03T00:00:00.000000Z')).toEqual(found);
      expect(await gold()).toMatchObject({ e: '10 2.0000' });
      // Also when its time has come.
      await addRaw(store, { events: [event('other', { loaded_at: '2027-11-06T12:00:00Z' })] });
      expect(await build('2027-11-06T12:06:00.000000Z')).toEqual([]);
      expect(await build('2027-11-06T12:07:00.000000Z')).toEqual([]);
      expect(await gold()).toMatchObject({ e: '10 2.0000' });
    });

    test('does not win over a correction that is first read after its time has come', async () => {
      await addRaw(store, { events: [event('e', { payout: 1, loaded_at: at('01:00:00', '20') })] });
      await build();
      await addRaw(store, { events: [event('e', { payout: 2, loaded_at: at('00:10:00', '20') })] });
      for (const time of ['01:05:00', '02:05:00']) {
        await build(at(time, '20'));
        expect(await gold()).toMatchObject({ e: '10 2.0000' });
      }
    });
  });

  describe('copies of a click', () => {
    type Copy = Readonly<Record<string, string | number | null>>;
    const copy = (microsecond: number, campaign: number | null, iteration: number | null = null): Copy => ({
      ...{ campaign_id: campaign, iteration_id: iteration },
      timestamp: at(`10:00:00.00000${microsecond}`),
    });

    const cases: readonly (readonly [what: string, copies: readonly Copy[], iteration: string, findings: string[]])[] =
      [
        ['the campaign comes later', [copy(0, null), copy(1, 1000)], '10', []],
        ['the iteration comes later', [copy(0, 1000), copy(1, 1000, 11)], '11', []],
        ['each comes in its own copy', [copy(0, null), copy(1, null, 11), copy(2, 1000)], '11', []],
        ['the last copy knows less', [copy(0, 1000, 11), copy(1, null)], '11', []],
        ['at one instant', [copy(0, null), copy(0, 1000)], '10', []],
        ['all are equal', [copy(0, 1000), copy(0, 1000)], '10', []],
        // The one with a campaign is the first.
        [
          'at one instant with other iterations',
          [copy(0, null, 10), copy(0, 1000, 11)],
          '11',
          ['CLICK_CONFLICT at one instant with other iterations: iteration 11 counts, 10 came too'],
        ],
        [
          'campaigns differ, and the first copy has none',
          [copy(0, null), copy(1, 1000), copy(2, 2000)],
          '10',
          ['CLICK_CONFLICT campaigns differ, and the first copy has none: campaign 1000 counts, 2000 came too'],
        ],
        [
          'iterations differ, and the first copy has none',
          [copy(0, 1000), copy(1, 1000, 11), copy(2, 1000, 10)],
          '11',
          ['CLICK_CONFLICT iterations differ, and the first copy has none: iteration 11 counts, 10 came too'],
        ],
        [
          'the first iteration is unknown',
          [copy(0, 1000, 404), copy(1, 1000, 11)],
          '10',
          [
            'CLICK_CONFLICT the first iteration is unknown: iterations 11 and 404 came',
            'EXPLICIT_ITERATION_NOT_FOUND 404: clicks: 1, one of them the first iteration is unknown',
          ],
        ],
      ];

    test.each([
      ['as listed', cases],
      ['in reverse', cases.map(([what, copies, ...rest]) => [what, copies.toReversed(), ...rest] as const)],
    ])('complete each other, %s', async (_order, given) => {
      await addRaw(store, {
        clicks: given.flatMap(([what, copies]) => copies.map((each) => ({ ...each, click_id: what }))),
        events: given.map(([what]) => event(what, { click_id: what })),
      });
      expect((await build()).sort()).toEqual(given.flatMap(([, , , findings]) => findings).sort());
      expect(await gold()).toEqual({
        ...before,
        ...Object.fromEntries(given.map(([what, , iteration]) => [what, `${iteration} 1.0000`])),
      });
      const count = (wanted: string) => String(1 + given.filter(([, , iteration]) => iteration === wanted).length);
      expect(await rowsOf(store, 'attribution.iteration_clicks_daily', ['iteration_id', 'clicks'])).toEqual([
        ['10', count('10')],
        ['11', count('11')],
      ]);
      const clickTimes = await rowsOf(store, 'attribution.goal_complete_events_attributed', [
        'event_id',
        'click_timestamp',
      ]);
      const times = new Map(clickTimes.map(([id, time]) => [id, time]));
      for (const [what] of given) expect(times.get(what), what).toBe(at('10:00:00.000000'));
    });

    test('in two iterations are found: the earliest counts', async () => {
      await addRaw(store, {
        clicks: [at('10:00:00'), at('14:00:00')].map((time) => ({
          ...{ click_id: 'late', campaign_id: 1000, timestamp: time },
        })),
        events: [event('late', { click_id: 'late' })],
      });
      expect(await build()).toEqual([
        'CLICK_CONFLICT late: time 2026-02-01T10:00:00.000000Z counts, 2026-02-01T14:00:00.000000Z came too',
      ]);
      expect(await gold()).toMatchObject({ late: '10 1.0000' });
    });

    test('a blank id on many rows does not multiply them', async () => {
      await store.query(`insert into adgem.clicks (click_id, campaign_id, "timestamp")
        select '', case when n % 2 = 0 then 1000 end, ${literal(at('10:00:00'))}::timestamptz + n * interval '1 second'
        from generate_series(1, 20000) n`);
      expect(await build()).toEqual(['ROWS_WITHOUT_KEY adgem.clicks: rows: 20000']);
      expect(await gold()).toEqual(before);
    });
  });

  describe('copies of an event with the same loaded_at', () => {
    type Values = Readonly<Record<string, string | number | null>>;
    const cases: readonly (readonly [
      what: string,
      copies: readonly Values[],
      kept: string,
      differing: string | null,
    ])[] = [
      ['payouts', [{ payout: 2 }, { payout: 1 }], '10 1.0000', 'payout'],
      ['clicks', [{ click_id: 'k2', payout: 1 }, { payout: 2 }], '10 2.0000', 'click_id, payout'],
      ['goals', [{ goal_reference_id: 'h', payout: 2 }, {}], '10 1.0000', 'goal_reference_id, payout'],
      ['times', [{ timestamp: at('15:00:01'), payout: 3 }, {}], '10 3.0000', 'timestamp, payout'],
      ['a payout and none', [{ payout: null }, { payout: 2 }], '10 2.0000', 'payout'],
      ['a click and none', [{ click_id: null, payout: 1 }, { payout: null }], '10 null', 'click_id, payout'],
      ['three payouts of four copies', [{}, {}, { payout: 2 }, { payout: 0 }], '10 0.0000', 'payout'],
      ['a blank click and none', [{ click_id: ' ' }, { click_id: null }], 'NO_CLICK_ID 1.0000', null],
      ['nothing', [{}, {}], '10 1.0000', null],
      [
        'payouts, before a correction',
        [{}, { payout: 2 }, { payout: 3, loaded_at: at('16:00:00') }],
        '10 3.0000',
        null,
      ],
    ];

    test.each([
      ['as listed', cases],
      ['in reverse', cases.map(([what, copies, ...rest]) => [what, copies.toReversed(), ...rest] as const)],
    ])('may differ: one is kept as a whole, %s', async (_order, given) => {
      await addRaw(store, { events: given.flatMap(([what, copies]) => copies.map((each) => event(what, each))) });
      const findings = given.flatMap(([what, , , differing]) =>
        differing === null ? [] : [`EVENT_CONFLICT ${what}: copies differ in ${differing}`],
      );
      expect((await build()).sort()).toEqual(findings.sort());
      const expected = Object.fromEntries(given.map(([what, , kept]) => [what, kept]));
      expect(await gold()).toEqual({ ...before, ...expected });
      // Also by a build that does not read them again.
      await addRaw(store, { events: [event('later', { loaded_at: at('00:00:00', '19') })] });
      await build(at('00:00:00', '19'));
      expect((await build(at('00:00:00', '21'))).sort()).toEqual(findings);
    });
  });

  test.each([
    ['none', [null, null]],
    ['one out of range', [null, '1970-01-21T12:18:00Z']],
  ])('copies of an event without a valid loaded_at have no order, and differ: %s', async (_what, [one, other]) => {
    await addRaw(store, {
      events: [
        event('e', { payout: 5, timestamp: at('10:00:00'), loaded_at: one ?? null }),
        event('e', { payout: 7, timestamp: at('10:01:00'), loaded_at: other ?? null }),
      ],
    });
    const findings = (await build()).filter((line) => line.startsWith('EVENT_CONFLICT'));
    expect(findings).toEqual(['EVENT_CONFLICT e: copies differ in timestamp, payout']);
    expect(await gold()).toMatchObject({ e: '10 7.0000' });
  });

  describe('ids that differ in blanks at the end', () => {
    const later = { loaded_at: at('16:00:00') };
    const table = (name: string, columns: readonly string[]) => rowsOf(store, `attribution.${name}`, columns);
    const ids = ['event_id', 'click_id', 'goal_reference_id'];
    /** Ids as text, so that blanks show. */
    const conversions = async () =>
      (await table('goal_complete_events_attributed', [...ids, 'iteration_id', 'payout'])).filter(
        ([id]) => !(String(id) in before),
      );
    /** An id and others that are not the same: only blanks (U+0020) at the end do not count. */
    const others = ['x', ' x', 'x\t', 'x\u00a0', 'x\n', 'x y', 'x  y'];

    test.each([
      ['a blank', ' '],
      ['several blanks', '     '],
    ])('are one id: %s', async (_what, blanks) => {
      await addRaw(store, {
        clicks: ['c', `d${blanks}`, ' c'].map((id, index) => ({
          ...{ click_id: id, campaign_id: 1000, timestamp: at(`1${index}:30:00`) },
        })),
        events: [
          event(`e${blanks}`, { click_id: `c${blanks}`, goal_reference_id: `h${blanks}` }),
          event('f', { click_id: 'd', goal_reference_id: 'h' }),
          event(' f', { click_id: ` c${blanks}`, goal_reference_id: ' h' }),
        ],
      });
      expect(await build()).toEqual([]);
      expect(await conversions()).toEqual([
        [' f', ' c', ' h', '11', '1.0000'],
        ['e', 'c', 'h', '10', '1.0000'],
        ['f', 'd', 'h', '10', '1.0000'],
      ]);
      expect(await table('iteration_metrics_daily', ['iteration_id', 'goal_reference_id', 'conversions'])).toEqual([
        ['10', 'g', '1'],
        ['10', 'h', '2'],
        ['11', ' h', '1'],
        ['11', 'g', '1'],
      ]);
    });

    test('other white space, and blanks elsewhere, make another id', async () => {
      await addRaw(store, {
        clicks: others.map((id, index) => ({
          ...{ click_id: `${id} `, campaign_id: 1000, timestamp: at(`1${index % 2 ? 0 : 3}:30:00`) },
        })),
        events: others.map((id) => event(`${id}  `, { click_id: id, goal_reference_id: `${id} ` })),
      });
      expect(await build()).toEqual([]);
      expect(await conversions()).toEqual(
        others.map((id, index) => [id, id, id, index % 2 ? '10' : '11', '1.0000']).sort(byText),
      );
    });

    test('copies of an event are one conversion, of which the last counts, also in a later build', async () => {
      await addRaw(store, {
        events: [
          event('e', { payout: 1 }),
          event('e ', { payout: 2, ...later }),
          event('f ', { payout: 3, ...later }),
          event('f', { payout: 4 }),
          event('g  ', { payout: 5 }),
          event('h', { payout: 6 }),
        ],
      });
      expect(await build()).toEqual([]);
      const payouts = async () => (await conversions()).map(([id, , , , payout]) => `${id}|${payout}`);
      expect(await payouts()).toEqual(['e|2.0000', 'f|3.0000', 'g|5.0000', 'h|6.0000']);
      await addRaw(store, {
        events: [
          event('g', { payout: 7, ...later }),
          event('h ', { payout: 8, ...later }),
          event('e  ', { payout: 9 }),
        ],
      });
      expect(await build(at('00:00:00', '21'))).toEqual([
        'PAYOUT_CHANGED g: payout 5.0000 -> 7.0000',
        'PAYOUT_CHANGED h: payout 6.0000 -> 8.0000',
      ]);
      expect(await payouts()).toEqual(['e|2.0000', 'f|3.0000', 'g|7.0000', 'h|8.0000']);
    });

    test('do not make copies of an event differ, but other differences do', async () => {
      await addRaw(store, {
        events: [
          event('e', { click_id: 'k1', goal_reference_id: 'g' }),
          event('e ', { click_id: 'k1 ', goal_reference_id: 'g  ' }),
          event('f', { payout: 2 }),
          event('f ', { payout: 3 }),
          event('blank goal', { goal_reference_id: '  ' }),
          event('blank goal', { goal_reference_id: null }),
        ],
      });
      expect(await build()).toEqual(['EVENT_CONFLICT f: copies differ in payout']);
    });

    test('copies of a click are one click: they complete each other, are counted once, and their conflicts are found', async () => {
      const click = (id: string, minute: number, campaign: number | null, iteration: number | null = null) => ({
        ...{ click_id: id, campaign_id: campaign, iteration_id: iteration, timestamp: at(`10:10:00.0000${minute}`) },
      });
      await addRaw(store, {
        clicks: [
          ...[click('equal', 10, 1000), click('equal ', 10, 1000), click('equal   ', 11, 1000)],
          ...[click('completed  ', 10, null), click('completed', 11, 1000), click('completed ', 12, null, 11)],
          ...[click('conflict ', 10, 1000), click('conflict', 11, 2000)],
          ...[click('unused', 10, 1000), click('unused ', 11, 1000)],
        ],
        events: ['equal ', 'completed', 'conflict  '].map((id) => event(`of ${id}`, { click_id: id })),
      });
      expect(await build()).toEqual(['CLICK_CONFLICT conflict: campaign 1000 counts, 2000 came too']);
      expect((await conversions()).map(([, click, , iteration]) => `${click}|${iteration}`)).toEqual([
        'completed|11',
        'conflict|10',
        'equal|10',
      ]);
      expect(await table('iteration_clicks_daily', ['iteration_id', 'clicks'])).toEqual([
        ['10', '4'],
        ['11', '2'],
      ]);
    });

    test('an id of blanks only is none', async () => {
      await addRaw(store, {
        clicks: ['', ' ', '   '].map((id) => ({ click_id: id, campaign_id: 1000, timestamp: at('10:00:00') })),
        events: ['', ' ', '   '].flatMap((blanks, index) => [
          event(blanks),
          event(`e${index}`, { click_id: blanks, goal_reference_id: blanks }),
          event(`f${index}`, { goal_reference_id: blanks }),
        ]),
      });
      expect(await build()).toEqual(['ROWS_WITHOUT_KEY adgem.clicks: rows: 3']);
      expect(await conversions()).toEqual([
        ...[0, 1, 2].map((index) => [`e${index}`, null, null, null, '1.0000']),
        ...[0, 1, 2].map((index) => [`f${index}`, 'k1', null, '10', '1.0000']),
      ]);
      expect(
        await table('iteration_metrics_daily', ['iteration_id', 'goal_reference_id', 'conversions']),
      ).toContainEqual(['10', null, '3']);
    });

    test('findings name an id once, without the blanks', async () => {
      const wrong = { timestamp: '1970-01-21T12:18:00Z' };
      await addRaw(store, {
        clicks: ['c', 'c ', 'c  '].map((id) => ({ click_id: id, campaign_id: 1000, ...wrong })),
        events: [
          ...['e', 'e ', 'e  '].map((id) => event(id, wrong)),
          event('n ', { payout: 'NaN' }),
          event('n', { payout: -1, ...later }),
        ],
      });
      expect(await build()).toEqual([
        'CLICK_TIME_OUT_OF_RANGE c: adgem.clicks.timestamp: 1970-01-21 12:18:00',
        'EVENT_TIME_OUT_OF_RANGE e: events.events.timestamp: 1970-01-21 12:18:00',
        'NEGATIVE_PAYOUT n: payout -1.0000',
      ]);
    });

    test('in the type of an event: it is a conversion', async () => {
      const wrong = { timestamp: '1970-01-21T12:18:00Z' };
      const type = (name: string) => ({ event_type: name });
      await addRaw(store, {
        events: [
          event('e', type('goal_complete ')),
          event('f', { payout: 1 }),
          event('f', { payout: 2, ...type('goal_complete  '), ...later }),
          event('g', type('goal_complete\t')),
          event('h', type(' goal_complete')),
          event('i', { ...type('goal_complete '), ...wrong }),
        ],
      });
      expect(await build()).toEqual(['EVENT_TIME_OUT_OF_RANGE i: events.events.timestamp: 1970-01-21 12:18:00']);
      expect((await conversions()).map(([id, , , , payout]) => `${id}|${payout}`)).toEqual(['e|1.0000', 'f|2.0000']);
    });

    test('an upgrade remembers the conversions of gold without the blanks, so none is lost', async () => {
      await addRaw(store, { events: [event('e '), event('f')] });
      await build();
      // As an earlier release left them.
      await store.query(`update attribution.goal_complete_events_attributed set event_id = event_id || ' '`);
      await store.query('drop table attribution.conversions_last_attributed cascade');
      await run(store, { select: ['conversions_last_attributed'] });
      await run(store, { select: ['conversions_last_attributed', 'quality_attributions'] });
      const remembered = () => table('conversions_last_attributed', ['event_id', 'iteration_id']);
      const all = [
        ['e', '10'],
        ['f', '10'],
        ['of k1', '10'],
        ['of k2', '11'],
      ];
      expect(await remembered()).toEqual(all);
      expect(await table('quality_attributions', ['subject_id'])).toEqual([]);
      expect(await build(at('00:00:00', '21'))).toEqual([]);
      expect(await remembered()).toEqual(all);
      await store.query(`delete from events.events where event_id = 'f'`);
      await run(store, runOptions({ startedAt: at('00:00:00', '22'), fullRefresh: true }));
      expect(await build(at('00:00:00', '23'))).toEqual(['ATTRIBUTION_LOST 10: lost 1 of 3: EVENT_GONE 1']);
    });
  });
});

const byText = (a: readonly (string | null)[], b: readonly (string | null)[]) =>
  JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
