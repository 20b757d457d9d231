import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addRaw, expectSameRows, openPglite, reset, rowsOf, run, type Store, sorted } from '../support/dbt.ts';
import { proofs } from '../support/proofs.ts';

const lookbackHours = 4;
const lookback = lookbackHours * 60;
const day = 24 * 60;
/** Minutes since the first of the month as RFC 3339 text with microseconds, as the tests read instants. */
const at = (minutes: number) => new Date(Date.UTC(2026, 0, 10) + minutes * 60_000).toISOString().replace('Z', '000Z');
const ids = ['c1', 'c2', 'c3'];

/** A copy of a click. Few values, so that copies have equal times and campaigns. */
const clicks = fc
  .record({
    click_id: fc.constantFrom(...ids, 'c1 ', 'c2  '),
    campaign_id: fc.constantFrom(null, 10, 20, 30),
    iteration_id: fc.constantFrom(null, null, 4, 5),
    clicked: fc.constantFrom(-3 * day, -2 * day, -day, -day + 1, -60, 0, 60, 2 * day),
    /** When it becomes visible, after its loaded_at (null: after its time). */
    arrived: fc.integer({ min: 0, max: 24 }).map((half) => half * 30),
    delay: fc.constantFrom(0, 30, lookback),
    hasLoadedAt: fc.constantFrom(true, true, true, false),
  })
  .map(({ arrived, delay, hasLoadedAt, clicked, ...click }) => ({
    ...{ kind: 'click' as const, arrived },
    row: {
      ...click,
      timestamp: at(hasLoadedAt ? clicked : arrived - delay),
      loaded_at: hasLoadedAt ? at(arrived - delay) : null,
    },
  }));

/** A copy of a conversion. Copies may correct its click and its time. */
const conversions = fc
  .record({
    event_id: fc.constantFrom('e1', 'e2', 'e3', 'e4'),
    click_id: fc.constantFrom(...ids, 'c3 ', null),
    converted: fc.constantFrom(0, 60, day),
    arrived: fc.integer({ min: 0, max: 24 }).map((half) => half * 30),
  })
  .map(({ arrived, converted, ...event }) => ({
    ...{ kind: 'conversion' as const, arrived },
    row: { ...event, event_type: 'goal_complete', timestamp: at(converted), loaded_at: at(arrived) },
  }));

type Click = (typeof clicks extends fc.Arbitrary<infer Item> ? Item : never)['row'];

/** By event: its click_id, and the copies of the click that were there in any build since it has this click_id. */
type Known = Map<string | null, { readonly clickId: string | null | undefined; readonly copies: readonly Click[] }>;

/** Ascending, null last. */
const order = (one: string | number | null, other: string | number | null): number => {
  if (one === other) return 0;
  if (one === null || other === null) return one === null ? 1 : -1;
  return one < other ? -1 : 1;
};
const firstFirst = (one: Click, other: Click): number =>
  order(one.timestamp, other.timestamp) ||
  order(one.campaign_id, other.campaign_id) ||
  order(one.iteration_id, other.iteration_id);

describe('the clicks of conversions', () => {
  let store: Store;
  beforeAll(async () => {
    store = await openPglite();
  });
  afterAll(() => store.close());
  beforeEach(() => reset(store));

  const columns = ['event_id', 'click_id', 'converted_at', 'clicked_at', 'campaign_id', 'explicit_iteration_id'];
  const kept = async () => {
    const rows = await rowsOf(store, 'attribution.conversion_clicks', columns);
    const current = new Set((await conversionsNow()).map((row) => JSON.stringify(row)));
    // A row whose conversion has been corrected to have no click stays, and does not count.
    return rows.filter((row) => current.has(JSON.stringify(row.slice(0, 3))));
  };
  const conversionsNow = async () =>
    (await rowsOf(store, 'attribution.goal_complete_events', ['event_id', 'click_id', 'converted_at'])).filter(
      ([, clickId]) => clickId !== null,
    );
  const build = (minutes: number, windowDays: number) =>
    run(store, {
      select: ['base_events__events', 'goal_complete_events', 'base_adgem__clicks', 'conversion_clicks'],
      vars: { lookback_hours: lookbackHours, click_window_days: windowDays },
      startedAt: at(minutes),
    });

  /** By brute force: the click of each conversion among all copies that were there in any build with the conversion. */
  function expected(known: Known, now: readonly (string | null)[][], windowDays: number) {
    return now.map(([eventId, clickId, convertedAt]) => {
      const earliest = new Date(Date.parse(convertedAt ?? '') - windowDays * day * 60_000)
        .toISOString()
        .replace('Z', '000Z');
      const copies = (known.get(eventId ?? null)?.copies ?? [])
        .filter(({ timestamp }) => windowDays === 0 || timestamp >= earliest)
        .toSorted(firstFirst);
      const campaign = copies.find(({ campaign_id }) => campaign_id !== null)?.campaign_id ?? null;
      const iteration = copies.find(({ iteration_id }) => iteration_id !== null)?.iteration_id ?? null;
      const texts = [campaign, iteration].map((id) => (id === null ? null : String(id)));
      return [eventId, clickId, convertedAt, copies[0]?.timestamp ?? null, ...texts];
    });
  }

  test.each([0, 1])(
    'are those of all copies ever seen, however they arrive and expire; window: %i days',
    async (windowDays) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.oneof(clicks, conversions), { minLength: 4, maxLength: 30, size: 'max' }),
          fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 4 }),
          fc.array(fc.constantFrom(null, ...ids), { minLength: 1, maxLength: 4 }),
          async (items, batchSizes, expiring) => {
            await reset(store);
            const known: Known = new Map();
            let visible: Click[] = [];
            const arriving = items.toSorted((one, other) => one.arrived - other.arrived);
            for (let batch = 0, from = 0; from < arriving.length; batch += 1) {
              const arrived = arriving.slice(from, from + (batchSizes[batch % batchSizes.length] ?? 1));
              from += arrived.length;
              const newClicks = arrived.flatMap((item) => (item.kind === 'click' ? [item.row] : []));
              const newConversions = arrived
                .flatMap((item) => (item.kind === 'conversion' ? [item.row] : []))
                // A conversion that loses its click, and gets it back, may have missed copies: a limit of the model.
                .filter((row) => row.click_id !== null || !known.has(row.event_id))
                // A conversion whose time is corrected may have lost the clicks of its new window, if those expire.
                .map((row) => ({ ...row, timestamp: windowDays > 0 ? at(60) : row.timestamp }));
              await addRaw(store, { clicks: newClicks, events: newConversions });
              visible = [...visible, ...newClicks];
              await build(arrived.at(-1)?.arrived ?? 0, windowDays);

              const now = await conversionsNow();
              for (const [eventId = null, clickId] of now) {
                const earlier = known.get(eventId);
                known.set(eventId, {
                  clickId,
                  copies: [
                    ...(earlier && earlier.clickId === clickId ? earlier.copies : []),
                    ...visible.filter((click) => click.click_id.trimEnd() === clickId),
                  ],
                });
              }
              expectSameRows(await kept(), sorted(expected(known, now, windowDays)), 'clicks');

              const expired = expiring[batch % expiring.length];
              if (expired === null || expired === undefined) continue;
              visible = visible.filter((click) => click.click_id.trimEnd() !== expired);
              await store.query(`delete from adgem.clicks where rtrim(click_id) = '${expired}'`);
            }
          },
        ),
        { numRuns: proofs(20, 15, 50) },
      );
    },
  );

  test('days of the window have 24 hours, also when the clocks of the session change', async () => {
    const event = (id: string, timestamp: string) => ({
      ...{ event_id: id, event_type: 'goal_complete', click_id: 'c1', timestamp, loaded_at: at(0) },
    });
    await addRaw(store, {
      clicks: [{ click_id: 'c1', campaign_id: 10, timestamp: '2026-03-07T12:30:00Z', loaded_at: at(0) }],
      events: [event('e1', '2026-03-08T12:00:00Z'), event('e2', '2026-03-08T12:30:00.000001Z')],
    });
    await build(0, 1);
    expect((await kept()).map(([id, , , clickedAt]) => [id, clickedAt !== null])).toEqual([
      ['e1', true],
      ['e2', false],
    ]);
  });

  test('a full refresh of silver keeps them, and a deleted row is looked up again', async () => {
    await addRaw(store, {
      clicks: [{ click_id: 'c1', campaign_id: 10, timestamp: at(-60), loaded_at: at(0) }],
      events: ['e1', 'e2'].map((id) => ({
        ...{ event_id: id, event_type: 'goal_complete', click_id: 'c1', timestamp: at(0), loaded_at: at(0) },
      })),
    });
    await build(0, 0);
    await store.query('truncate adgem.clicks');
    await run(store, { startedAt: at(60), fullRefresh: true });
    expect((await kept()).map(([id, , , clickedAt]) => [id, clickedAt])).toEqual([
      ['e1', at(-60)],
      ['e2', at(-60)],
    ]);
    await store.query("delete from attribution.conversion_clicks where event_id = 'e1'");
    await build(120, 0);
    expect((await kept()).map(([id, , , clickedAt]) => [id, clickedAt])).toEqual([
      ['e1', null],
      ['e2', at(-60)],
    ]);
  });
});
