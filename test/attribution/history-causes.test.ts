import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type AttributionCauseName, attributionCauses } from '../../src/domain/causes.ts';
import { addRaw, openPglite, reset, run, type Store } from '../support/dbt.ts';

let store: Store;
beforeAll(async () => {
  store = await openPglite();
});
afterAll(() => store.close());
beforeEach(() => reset(store));

const at = (time: string, day = 10) => `2026-01-${day}T${time}Z`;

/**
 * The world of a case, in its own range of ids. Strategy 1 has the offer 100 of campaign 10, and iterations 1 and 2 from 09:00
 * and 12:00; strategy 2 has the offer 200 of campaign 20, and iteration 3 from 09:30. The click of the conversion is at 10:00.
 */
async function addWorld(base: number): Promise<void> {
  await addRaw(store, {
    strategies: [1, 2].map((id) => ({ id: base + id, tune_offer_id: base + id * 100, created_at: at('00:00:00') })),
    iterations: [
      { iteration_id: base + 1, strategy_id: base + 1, created_at: at('09:00:00') },
      { iteration_id: base + 2, strategy_id: base + 1, created_at: at('12:00:00') },
      { iteration_id: base + 3, strategy_id: base + 2, created_at: at('09:30:00') },
    ],
    campaigns: [1, 2].map((id) => ({ id: base + id * 10, adaction_id: base + id * 100 })),
    clicks: [{ click_id: `c${base}`, campaign_id: base + 10, timestamp: at('10:00:00'), loaded_at: at('10:30:00') }],
    events: [
      {
        ...{ event_id: `e${base}`, event_type: 'goal_complete', click_id: `c${base}`, payout: 1 },
        ...{ timestamp: at('11:00:00'), loaded_at: at('11:30:00') },
      },
    ],
  });
}

/** Builds statements of one case. Ids are relative to its range. */
class Statements {
  readonly #base: number;
  constructor(base: number) {
    this.#base = base;
  }
  id = (id: number | null) => (id === null ? 'null' : String(this.#base + id));
  iteration(id: number, created: string, strategy = 1): string {
    return `insert into adsuite_mirror.iterations (iteration_id, strategy_id, created_at)
      values (${this.id(id)}, ${this.id(strategy)}, '${at(created)}')`;
  }
  edited(id: number, created: string): string {
    return `update adsuite_mirror.iterations set created_at = '${at(created)}' where iteration_id = ${this.id(id)}`;
  }
  moved(id: number, strategy: number): string {
    return `update adsuite_mirror.iterations set strategy_id = ${this.id(strategy)} where iteration_id = ${this.id(id)}`;
  }
  gone(...ids: number[]): string {
    return `delete from adsuite_mirror.iterations where iteration_id in (${ids.map(this.id).join(', ')})`;
  }
  strategyGone(id: number): string {
    return `delete from adsuite_mirror.strategies where id = ${this.id(id)}`;
  }
  offer(strategy: number, offer: number | null): string {
    return `update adsuite_mirror.strategies set tune_offer_id = ${this.id(offer)} where id = ${this.id(strategy)}`;
  }
  campaignOffer(offer: number | null): string {
    return `update adgem.campaigns set adaction_id = ${this.id(offer)} where id = ${this.id(10)}`;
  }
  campaign(): string {
    return `insert into adgem.campaigns (id, adaction_id) values (${this.id(10)}, ${this.id(100)})`;
  }
  campaignGone(): string {
    return `delete from adgem.campaigns where id = ${this.id(10)}`;
  }
  click(time: string, { campaign = 10, iteration = null, loaded = '13:00:00' }: ClickCopy = {}): string {
    return `insert into adgem.clicks (click_id, campaign_id, "timestamp", iteration_id, loaded_at)
      values ('c${this.#base}', ${this.id(campaign)}, '${at(time)}', ${this.id(iteration)}, '${at(loaded)}')`;
  }
  noClick(): string {
    return `delete from adgem.clicks where click_id = 'c${this.#base}'`;
  }
  event(change: string): string {
    return `update events.events set ${change} where event_id = 'e${this.#base}'`;
  }
  noEvent(): string {
    return `delete from events.events where event_id = 'e${this.#base}'`;
  }
  /** The click is after the first build, and before or after the second one. */
  clickAfterBuild(day: number): string {
    return `update adgem.clicks set "timestamp" = '${at('10:00:00', day)}' where click_id = 'c${this.#base}'`;
  }
}

interface ClickCopy {
  readonly campaign?: number | null;
  readonly iteration?: number | null;
  readonly loaded?: string;
}

type Change = (s: Statements) => readonly string[];
/** What changes, the world's difference from that of addWorld in the first build, and the change before the second one. */
type Case = readonly [cause: AttributionCauseName, what: string, before: Change, change: Change];

const none: Change = () => [];
const cases: readonly Case[] = [
  [
    'NEW',
    'the event arrives',
    (s) => [s.event("event_type = 'other'")],
    (s) => [s.event("event_type = 'goal_complete'")],
  ],
  ['GONE', 'the event is deleted', none, (s) => [s.noEvent()]],
  ['EVENT_CORRECTED', 'the payout', none, (s) => [s.event('payout = 2')]],
  ['EVENT_CORRECTED', 'the goal', none, (s) => [s.event("goal_reference_id = 'g'")]],
  ['EVENT_CORRECTED', 'the time', none, (s) => [s.event(`"timestamp" = '${at('11:10:00')}'`)]],
  ['EVENT_CORRECTED', 'the click id, and so the click', none, (s) => [s.event("click_id = 'none'")]],
  ['EVENT_CORRECTED', 'the time of loading alone', none, (s) => [s.event(`loaded_at = '${at('11:31:00')}'`)]],
  ['CLICK_ARRIVED', 'the click', (s) => [s.noClick()], (s) => [s.click('10:00:00')]],
  ['CLICK_LOST', 'the click is deleted', none, (s) => [s.noClick()]],
  ['CLICK_CORRECTED', 'an earlier copy', none, (s) => [s.click('09:50:00')]],
  ['CLICK_CORRECTED', 'a copy that is loaded earlier', none, (s) => [s.click('10:00:00', { loaded: '10:20:00' })]],
  [
    'CLICK_CORRECTED',
    'a copy with the campaign',
    (s) => [s.noClick(), s.click('10:00:00', { campaign: null })],
    (s) => [s.click('10:01:00')],
  ],
  ['EXPLICIT_ITERATION', 'a copy names an iteration', none, (s) => [s.click('10:01:00', { iteration: 2 })]],
  [
    'EXPLICIT_ITERATION',
    'another copy names another one',
    (s) => [s.click('10:02:00', { iteration: 2 })],
    (s) => [s.click('10:01:00', { iteration: 3 })],
  ],
  [
    'EXPLICIT_ITERATION',
    'another copy names one that does not exist',
    (s) => [s.click('10:02:00', { iteration: 2 })],
    (s) => [s.click('10:01:00', { iteration: 404 })],
  ],
  [
    'ITERATION_ADDED',
    'the one that the click names',
    (s) => [s.click('10:01:00', { iteration: 9 })],
    (s) => [s.iteration(9, '11:00:00', 2)],
  ],
  [
    'ITERATION_GONE',
    'the one that the click names',
    (s) => [s.click('10:01:00', { iteration: 2 })],
    (s) => [s.gone(2)],
  ],
  [
    'ITERATION_EDITED',
    'the one that the click names',
    (s) => [s.click('10:01:00', { iteration: 2 })],
    (s) => [s.edited(2, '12:30:00')],
  ],
  [
    'ITERATION_MOVED',
    'the one that the click names',
    (s) => [s.click('10:01:00', { iteration: 2 })],
    (s) => [s.moved(2, 2)],
  ],
  ['CAMPAIGN_ARRIVED', 'the campaign', (s) => [s.campaignGone()], (s) => [s.campaign()]],
  ['CAMPAIGN_LOST', 'the campaign is deleted', none, (s) => [s.campaignGone()]],
  ['CAMPAIGN_OFFER_CHANGED', 'its offer is set', (s) => [s.campaignOffer(null)], (s) => [s.campaignOffer(100)]],
  ['CAMPAIGN_OFFER_CHANGED', 'its offer is another one', none, (s) => [s.campaignOffer(200)]],
  ['CAMPAIGN_OFFER_CHANGED', 'its offer is removed', none, (s) => [s.campaignOffer(null)]],
  ['OFFER_ASSIGNED', 'to a strategy', (s) => [s.offer(1, null)], (s) => [s.offer(1, 100)]],
  ['OFFER_ASSIGNED', 'to two strategies', (s) => [s.offer(1, null)], (s) => [s.offer(1, 100), s.offer(2, 100)]],
  ['OFFER_REMOVED', 'from its strategy', none, (s) => [s.offer(1, null)]],
  ['OFFER_REMOVED', 'from both strategies', (s) => [s.offer(2, 100)], (s) => [s.offer(1, null), s.offer(2, 200)]],
  ['OFFER_MOVED', 'to another strategy', none, (s) => [s.offer(1, null), s.offer(2, 100)]],
  ['OFFER_SHARED', 'with another strategy', none, (s) => [s.offer(2, 100)]],
  ['OFFER_UNSHARED', 'it is of one strategy', (s) => [s.offer(2, 100)], (s) => [s.offer(2, 200)]],
  ['STRATEGY_GONE', 'no other has the offer', none, (s) => [s.strategyGone(1)]],
  ['STRATEGY_GONE', 'another one has the offer', none, (s) => [s.strategyGone(1), s.offer(2, 100)]],
  ['ITERATION_ADDED', 'it took the click', none, (s) => [s.iteration(9, '09:59:00')]],
  [
    'ITERATION_ADDED',
    'it took the click, and those beside it were edited',
    none,
    (s) => [s.iteration(9, '09:59:00'), s.edited(1, '09:01:00'), s.edited(2, '10:01:00')],
  ],
  [
    'ITERATION_ADDED',
    'it took the click, and the one before is gone',
    none,
    (s) => [s.iteration(9, '09:59:00'), s.gone(1)],
  ],
  ['ITERATION_ADDED', 'the first one', (s) => [s.gone(1, 2)], (s) => [s.iteration(9, '09:59:00')]],
  ['ITERATION_ADDED', 'the first one, after the click', (s) => [s.gone(1, 2)], (s) => [s.iteration(9, '10:59:00')]],
  ['ITERATION_EDITED', 'it keeps the click', none, (s) => [s.edited(1, '09:10:00')]],
  ['ITERATION_EDITED', 'it took the click', none, (s) => [s.edited(2, '09:59:00')]],
  [
    'ITERATION_EDITED',
    'it took the click, and a harmless one was added',
    none,
    (s) => [s.edited(2, '09:59:00'), s.iteration(9, '09:30:00')],
  ],
  ['ITERATION_EDITED', 'it left the click', none, (s) => [s.edited(1, '10:00:01')]],
  [
    'ITERATION_EDITED',
    'it left the click to one that was added before it',
    none,
    (s) => [s.edited(1, '10:00:01'), s.iteration(9, '08:00:00')],
  ],
  ['ITERATION_MOVED', 'out of the strategy', none, (s) => [s.moved(1, 2)]],
  ['ITERATION_MOVED', 'into the strategy', none, (s) => [s.moved(3, 1)]],
  ['ITERATION_MOVED', 'into the strategy, which had none', (s) => [s.gone(1, 2)], (s) => [s.moved(3, 1)]],
  ['ITERATION_MOVED', 'the last one', (s) => [s.gone(1)], (s) => [s.moved(2, 2)]],
  ['ITERATION_GONE', 'no other is before the click', none, (s) => [s.gone(1)]],
  ['ITERATION_GONE', 'another one is', (s) => [s.iteration(9, '08:00:00')], (s) => [s.gone(1)]],
  ['ITERATION_GONE', 'the last one', (s) => [s.gone(1)], (s) => [s.gone(2)]],
  ['CLICK_REACHED', 'the window has no end', (s) => [s.clickAfterBuild(21)], none],
  [
    'ITERATION_ADDED',
    'it ends the window of a click after the build',
    (s) => [s.clickAfterBuild(25)],
    (s) => [s.iteration(9, '00:00:00').replace('2026-01-10', '2026-01-26')],
  ],
  [
    'ITERATION_GONE',
    'it ended the window of a click after the build',
    (s) => [s.clickAfterBuild(25), s.iteration(9, '00:00:00').replace('2026-01-10', '2026-01-26')],
    (s) => [s.gone(9)],
  ],
  ['ITERATION_GONE', 'all before a click after the build', (s) => [s.clickAfterBuild(25)], (s) => [s.gone(1, 2)]],
  [
    'ITERATION_ADDED',
    'the first before a click after the build',
    (s) => [s.clickAfterBuild(25), s.gone(1, 2)],
    (s) => [s.iteration(9, '09:00:00')],
  ],
];

const vars = { lookback_hours: 1_000_000, old_clicks_deleted: true };
const base = (index: number) => (index + 1) * 1000;
const runAll = async (change: (each: Case) => Change) => {
  for (const [index, each] of cases.entries()) {
    for (const statement of change(each)(new Statements(base(index)))) await store.query(statement);
  }
};

describe('the causes of changes', () => {
  test.each([
    ['with the tables of the build before', false],
    ['without them, by the first-seen state of its iterations', true],
  ])('are those of the first hop that differs, %s', async (_title, isDropped) => {
    for (const index of cases.keys()) await addWorld(base(index));
    await runAll(([, , before]) => before);
    await run(store, { asOf: at('00:00:00', 20), vars });
    await runAll(([, , , change]) => change);
    // A click that is found stays found, so only with another table a click is lost.
    await store.query('drop table attribution.conversion_clicks cascade');
    if (isDropped) await store.query('drop table attribution.iterations_with_end_time__1 cascade');
    await run(store, { asOf: at('00:00:00', 22), vars, fullRefresh: true });

    const { rows } = await store.query(
      `select event_id, begin_cause, end_cause, from_build_number::int as build from attribution.attribution_history`,
    );
    const causes = cases.map(([, what], index) => {
      const own = rows.filter((row) => row.event_id === `e${base(index)}`);
      const ended = own.find((row) => row.build === 1)?.end_cause;
      const begun = own.find((row) => row.build === 2)?.begin_cause;
      if (ended !== undefined && ended !== 'GONE' && ended !== begun) return [`${ended}, then ${begun}`, what];
      return [ended ?? begun, what];
    });
    expect(causes).toEqual(cases.map(([cause, what]) => [cause, what]));
  });

  const changed = async () =>
    (await store.query('select end_cause from attribution.attribution_history where until_build_number is not null'))
      .rows;

  test('after a release changed the rule, beyond the click', async () => {
    for (const index of [0, 1]) await addWorld(base(index));
    await run(store, { asOf: at('00:00:00', 20), vars });
    await store.query('update attribution.attribution_builds set rule_version = 0');
    await store.query(new Statements(base(0)).gone(1));
    await store.query(new Statements(base(1)).click('09:50:00'));
    await run(store, { asOf: at('00:00:00', 20), vars });
    expect((await changed()).map((row) => row.end_cause).sort()).toEqual(['CLICK_CORRECTED', 'RULE_CHANGED']);
  });

  test('if a build has an earlier time than the one before', async () => {
    await addWorld(base(0));
    await store.query(new Statements(base(0)).clickAfterBuild(21));
    for (const day of [22, 20]) await run(store, { asOf: at('00:00:00', day), vars });
    expect(await changed()).toEqual([{ end_cause: 'CLICK_REACHED' }]);
  });

  test('have all been seen, less the one for others', () => {
    const seen = new Set<string>([...cases.map(([cause]) => cause), 'RULE_CHANGED', 'OTHER']);
    expect([...seen].sort()).toEqual(Object.keys(attributionCauses).sort());
  });
});
