import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { renderTest } from '../../src/embedded/dbt/index.ts';
import { addRaw, openPglite, project, reset, rowsOf, run, runOptions, type Store } from '../support/dbt.ts';
import { proofs } from '../support/proofs.ts';

const lookbackHours = 4;
const columns = [
  ...['event_id', 'click_id', 'goal_reference_id', 'payout', 'converted_at', 'loaded_at'],
  ...['payout_is_not_a_number', 'conflicting_columns'],
];
const at = (minutes: number) => new Date(Date.UTC(2026, 0, 1) + minutes * 60_000).toISOString();

const deliveries = fc.record({
  event_id: fc.constantFrom('e1', 'e1 ', 'e2', 'e2  ', 'e3', 'e4', 'e5', 'e6'),
  event_type: fc.constantFrom('goal_complete', 'goal_complete ', 'goal_complete', 'refund'),
  click_id: fc.constantFrom('c1', 'c1 ', 'c2', '', null),
  goal_reference_id: fc.constantFrom('g1', 'g1 ', null),
  payout: fc.constantFrom('1', '2', 'NaN', null),
  converted: fc.integer({ min: -60, max: 0 }),
  loaded: fc.integer({ min: 0, max: 48 }).map((half) => half * 30),
  /** Delay after it was loaded until the row becomes visible. */
  delay: fc.oneof(fc.integer({ min: 0, max: lookbackHours * 60 }), fc.constantFrom(0, lookbackHours * 60)),
  /** How far the loader's clock is ahead, so that its loaded_at may be in the future. */
  ahead: fc.constantFrom(0, 0, 60, 300),
});

interface Loaded {
  readonly id: string;
  readonly loaded: number;
}

/**
 * The loaded_at that silver keeps of each conversion, in minutes, by brute force over a sequence of runs. A copy that was in
 * the future when a run read it, without another copy that was not, comes after every copy that arrives later.
 */
class Silver {
  readonly kept = new Map<string, number>();
  readonly #ahead = new Map<string, Set<number>>();

  /** @param arrived all copies until `now`, in minutes. */
  read(arrived: readonly Loaded[], now: number): void {
    for (const [id, copies] of Map.groupBy(arrived, (each) => each.id)) {
      const known = this.#ahead.get(id) ?? new Set();
      const loads = copies.map((each) => each.loaded);
      const ahead = loads.filter((each) => each > now || known.has(each));
      const others = loads.filter((each) => !ahead.includes(each));
      this.kept.set(id, Math.max(...(others.length > 0 ? others : ahead)));
      if (others.length === 0) this.#ahead.set(id, new Set(ahead));
    }
  }
}

describe('incremental runs', () => {
  let store: Store;
  beforeAll(async () => {
    store = await openPglite();
  });
  afterAll(() => store.close());
  beforeEach(() => reset(store));

  const silver = () => rowsOf(store, 'attribution.goal_complete_events', columns);
  const vars = { lookback_hours: lookbackHours };
  const read = (fullRefresh: boolean, minutes = 100_000) =>
    run(store, { select: ['goal_complete_events'], vars, fullRefresh, startedAt: at(minutes) });

  test('give the result of a full refresh if no row is later than the look-back, except that they replace copies from the future', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(deliveries, { minLength: 2, maxLength: 24, size: 'max' }),
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
        async (rows, batchSizes) => {
          await reset(store);
          await run(store, { select: ['base_events__events'] });
          let last = 0;
          const expected = new Silver();
          const arriving = rows.toSorted((a, b) => a.loaded + a.delay - (b.loaded + b.delay));
          for (let batch = 0, from = 0; from < arriving.length; batch += 1) {
            const size = batchSizes[batch % batchSizes.length] ?? 1;
            await addRaw(store, {
              events: arriving.slice(from, from + size).map(({ converted, loaded, delay: _delay, ahead, ...row }) => ({
                ...row,
                timestamp: at(loaded + converted),
                loaded_at: at(loaded + ahead),
              })),
            });
            from += size;
            const { loaded = 0, delay = 0 } = arriving[Math.min(from, arriving.length) - 1] ?? {};
            last = loaded + delay;
            await read(false, last);
            const arrived = arriving
              .slice(0, from)
              .filter((each) => each.event_type.trim() === 'goal_complete')
              .map((each) => ({ id: each.event_id.trim(), loaded: each.loaded + each.ahead }));
            expected.read(arrived, last);
            const loads = await rowsOf(store, 'attribution.goal_complete_events', ['event_id', 'loaded_at']);
            const times = [...expected.kept].map(([id, minutes]) => [id, at(minutes).replace('Z', '000Z')]);
            expect(loads).toEqual(times.sort());
          }
          const incremental = await silver();
          const { rows: replaced } = await store.query(
            `select event_id from attribution.goal_complete_events
             where loaded_ahead <> to_char(loaded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
          );
          const others = (rows: readonly (readonly unknown[])[]) =>
            rows.filter(([id]) => !replaced.some((row) => row.event_id === id));
          // At the same time: later, rows that claim to be from the future would not be any more.
          await read(true, last);
          expect(others(incremental)).toEqual(others(await silver()));
        },
      ),
      { numRuns: proofs(40, 10) },
    );
  });

  const event = (id: string, loaded: number | null, happened = 0) => ({
    event_id: id,
    event_type: 'goal_complete',
    timestamp: at(happened),
    loaded_at: loaded === null ? null : at(loaded),
  });

  test('a row that was in the future at the previous run does not reduce the look-back', async () => {
    await run(store, { select: ['base_events__events'] });
    await addRaw(store, { events: [event('now', 600), event('ahead', 800)] });
    await read(false, 600);
    // Arrives after that run, in time: the look-back before the run at 600.
    await addRaw(store, { events: [event('late', 601 - lookbackHours * 60), event('newest', 900)] });
    await read(false, 900);
    expect((await silver()).map(([id]) => id)).toEqual(['ahead', 'late', 'newest', 'now']);
  });

  test('an as_of in the future does not reduce the look-back of the next run', async () => {
    await run(store, { select: ['base_events__events'] });
    await addRaw(store, { events: [event('now', 600), event('ahead', 800)] });
    await run(store, { select: ['goal_complete_events'], vars, startedAt: at(600), asOf: at(9_000) });
    await addRaw(store, { events: [event('late', 601 - lookbackHours * 60)] });
    await read(false, 900);
    expect((await silver()).map(([id]) => id)).toEqual(['ahead', 'late', 'now']);
  });

  test('a run whose clock is ahead of as_of does not reduce the look-back of the next run', async () => {
    await run(store, { select: ['base_events__events'] });
    await addRaw(store, { events: [event('now', 600), event('ahead', 800)] });
    await run(store, { select: ['goal_complete_events'], vars, startedAt: at(900), asOf: at(600) });
    await addRaw(store, { events: [event('late', 601 - lookbackHours * 60)] });
    await read(false, 900);
    expect((await silver()).map(([id]) => id)).toEqual(['ahead', 'late', 'now']);
  });

  test('a copy from the future never replaces a correction that arrives later, until a full refresh', async () => {
    const payouts = async () => (await silver()).map(([id, , , payout]) => `${id}: ${Number(payout)}`);
    const copy = (loaded: number, payout: number, id = 'e') => ({ ...event(id, loaded), payout });
    await run(store, { select: ['base_events__events'] });
    await addRaw(store, { events: [copy(600, 1, 'other'), copy(9_000, 1)] });
    await read(false, 600);
    expect(await payouts()).toEqual(['e: 1', 'other: 1']);
    await addRaw(store, { events: [copy(650, 2)] });
    await read(false, 700);
    expect(await payouts()).toEqual(['e: 2', 'other: 1']);
    // Many look-backs later no run reads the correction again, but each reads the copy from the future.
    for (const now of [2_000, 4_000]) {
      await addRaw(store, { events: [copy(now, 1, 'other')] });
      await read(false, now);
      await read(false, now + 1);
      expect(await payouts()).toEqual(['e: 2', 'other: 1']);
    }
    for (const now of [9_000, 9_001]) {
      await read(false, now);
      expect(await payouts()).toEqual(['e: 2', 'other: 1']);
    }
    // A full read can't know in which order the copies arrived; the nightly test does not report it.
    await addRaw(store, { events: [copy(20_000, 1, 'other')] });
    await read(false, 20_000);
    await run(store, { select: ['stg_events__events'], startedAt: at(20_000) });
    const nightly = project.tests.find(({ name }) => name === 'silver_equals_all_events');
    if (nightly === undefined) throw new Error('the test does not exist');
    expect((await store.query(renderTest(project, nightly, runOptions({ vars })))).rows).toEqual([]);
    await read(true, 9_000);
    expect(await payouts()).toEqual(['e: 1', 'other: 1']);
    await addRaw(store, { events: [copy(9_001, 3)] });
    await read(false, 9_002);
    expect(await payouts()).toEqual(['e: 3', 'other: 1']);
  });

  test('a copy from the future replaces an older one when its time has come', async () => {
    const payouts = async () => (await silver()).map(([id, , , payout]) => `${id}: ${Number(payout)}`);
    const copy = (loaded: number, payout: number) => ({ ...event('e', loaded), payout });
    await run(store, { select: ['base_events__events'] });
    await addRaw(store, { events: [copy(600, 1)] });
    await read(false, 600);
    await addRaw(store, { events: [copy(700, 2)] });
    await read(false, 650);
    expect(await payouts()).toEqual(['e: 1']);
    await read(false, 700);
    expect(await payouts()).toEqual(['e: 2']);
  });

  test('of copies that are all from the future, the last one counts, also when their time has come', async () => {
    const payouts = async () => (await silver()).map(([id, , , payout]) => `${id}: ${Number(payout)}`);
    const copy = (loaded: number, payout: number) => ({ ...event('e', loaded), payout });
    await run(store, { select: ['base_events__events'] });
    await addRaw(store, { events: [copy(700, 1), copy(710, 2)] });
    for (const now of [600, 705, 720]) {
      await read(false, now);
      expect(await payouts()).toEqual(['e: 2']);
    }
    // A correction replaces both, whatever its loaded_at.
    await addRaw(store, { events: [copy(690, 3)] });
    await read(false, 730);
    await read(false, 740);
    expect(await payouts()).toEqual(['e: 3']);
  });

  test('a run that does not read a copy from the future again still knows that it was from the future', async () => {
    const found = project.tests.find(({ name }) => name === 'silver_equals_all_events');
    if (found === undefined) throw new Error('the test does not exist');
    const time = (minutes: number) => at(minutes).replace('Z', '000Z');
    const loadedAhead = async () =>
      (await rowsOf(store, 'attribution.goal_complete_events', ['event_id', 'loaded_ahead'])).find(
        ([id]) => id === 'e',
      )?.[1];
    await run(store, { select: ['base_events__events', 'stg_events__events'] });
    await addRaw(store, { events: [event('e', 60)] });
    await read(false, 0);
    // By now its time has come, and it is before the look-back.
    await addRaw(store, { events: [event('now', 600)] });
    await read(false, 600);
    await addRaw(store, { events: [event('e', 900)] });
    await read(false, 600);
    expect(await loadedAhead()).toBe(`${time(900)} ${time(60)}`);
    expect((await store.query(renderTest(project, found, runOptions({ vars })))).rows).toEqual([]);
  });

  test('a table of an earlier release, without the newer columns, gets them from an incremental run', async () => {
    await run(store, { select: ['base_events__events'] });
    await addRaw(store, { events: [event('old', 600)] });
    await read(false, 600);
    await store.query('delete from events.events');
    for (const column of ['read_from', 'payout_is_not_a_number', 'conflicting_columns']) {
      await store.query(`alter table attribution.goal_complete_events drop column ${column}`);
    }
    await addRaw(store, { events: [event('new', 700)] });
    await read(false, 700);
    expect(await silver()).toEqual([
      ['new', null, null, null, at(0).replace('Z', '000Z'), at(700).replace('Z', '000Z'), 'false', null],
      ['old', null, null, null, at(0).replace('Z', '000Z'), at(600).replace('Z', '000Z'), null, null],
    ]);
  });

  test('an event with a loaded_at out of range is read like one without', async () => {
    await run(store, { select: ['base_events__events'] });
    await addRaw(store, { events: [event('now', 600)] });
    await read(false, 600);
    const odd = (id: string, loadedAt: string, happened: number) => ({
      ...event(id, 0, happened),
      loaded_at: loadedAt,
    });
    await addRaw(store, {
      events: [
        odd('seconds', '1970-01-21T11:38:24Z', 590),
        odd('milliseconds', '58133-03-25T08:00:00Z', 590),
        odd('endless', 'infinity', 590),
        odd('before all time', '-infinity', 590),
        odd('late', '1970-01-21T11:38:24Z', 599 - lookbackHours * 60),
      ],
    });
    await read(false, 700);
    const ids = async () => (await silver()).map(([id]) => id);
    expect(await ids()).toEqual(['before all time', 'endless', 'milliseconds', 'now', 'seconds']);
    expect((await silver()).find(([id]) => id === 'endless')).toContain('2026-01-01T09:50:00.000000Z');
    await read(true, 700);
    expect(await ids()).toContain('late');
  });

  test('silver_equals_all_events fails for rows that no later run reads, and only for them', async () => {
    const found = project.tests.find(({ name }) => name === 'silver_equals_all_events');
    if (found === undefined) throw new Error('the test does not exist');
    const faults = async () =>
      (await store.query(`${renderTest(project, found, runOptions({ vars }))} order by 1, 2`)).rows;
    const bound = 600 - lookbackHours * 60;
    await addRaw(store, { events: [event('old', 0), event('now', 600), event('ahead', 9_000)] });
    await run(store, { select: ['base_events__events', 'stg_events__events'] });
    await read(false, 600);
    expect(await faults()).toEqual([]);
    // What arrives before the next run reads it: new, late, and a correction of a conversion that is no longer read.
    await addRaw(store, { events: [event('new', 650), event('late', bound), event('old', 650)] });
    expect(await faults()).toEqual([]);
    await addRaw(store, { events: [event('too late', bound - 1)] });
    expect(await faults()).toEqual([{ fault: 'missing in silver', event_id: 'too late' }]);
    await read(false, 700);
    expect(await faults()).toEqual([{ fault: 'missing in silver', event_id: 'too late' }]);
    await store.query(`delete from events.events where event_id = 'old'`);
    await read(true, 700);
    await store.query(
      `insert into attribution.goal_complete_events (event_id, loaded_at) values ('made up', '${at(0)}')`,
    );
    expect(await faults()).toEqual([{ fault: 'not in the events', event_id: 'made up' }]);
  });

  test('miss rows later than the look-back until a full refresh', async () => {
    const bound = 600 - lookbackHours * 60;
    const ids = async () => (await silver()).map(([id]) => id);
    await run(store, { select: ['base_events__events'] });
    await addRaw(store, { events: [event('now', 600)] });
    await read(false);
    await addRaw(store, {
      events: [event('in time', bound), event('too late', bound - 1), event('undated late', null, bound - 1)],
    });
    await addRaw(store, { events: [event('undated in time', null, bound)] });
    await read(false);
    expect(await ids()).toEqual(['in time', 'now', 'undated in time']);
    await read(true);
    expect(await ids()).toEqual(['in time', 'now', 'too late', 'undated in time', 'undated late']);
  });

  test('attribute old conversions once their strategy has an offer, and correct a conversion that is delivered again', async () => {
    await addRaw(store, {
      strategies: [{ id: 1, name: 'late', tune_offer_id: null, created_at: at(0) }],
      iterations: [{ iteration_id: 1, strategy_id: 1, created_at: at(0) }],
      campaigns: [{ id: 1, name: 'c', adaction_id: 7 }],
      clicks: [{ click_id: 'c', campaign_id: 1, timestamp: at(10) }],
      events: [
        { event_id: 'e', event_type: 'goal_complete', click_id: 'c', payout: 1, timestamp: at(20), loaded_at: at(30) },
      ],
    });
    const gold = () =>
      rowsOf(store, 'attribution.goal_complete_events_attributed', [
        'event_id',
        'payout',
        'iteration_id',
        'attribution_status',
      ]);
    await run(store);
    expect(await gold()).toEqual([['e', '1.0000', null, 'STRATEGY_NOT_FOUND']]);
    await store.query('update adsuite_mirror.strategies set tune_offer_id = 7');
    await addRaw(store, {
      events: [
        { event_id: 'e', event_type: 'goal_complete', click_id: 'c', payout: 2, timestamp: at(20), loaded_at: at(40) },
      ],
    });
    await run(store);
    expect(await gold()).toEqual([['e', '2.0000', '1', 'ATTRIBUTED']]);
  });
});
