import type { RawWorld } from '../support/warehouses.ts';

/** `as_of` of the build of `explainedWorld`. */
export const explainedAsOf = '2026-02-01T00:00:00.000000Z';

const click = (
  click_id: string,
  campaign_id: string | null,
  timestamp: string,
  iteration_id: string | null = null,
) => ({
  click_id,
  campaign_id,
  timestamp,
  iteration_id,
  loaded_at: '2026-01-30T00:00:00.000000Z',
});

const event = (event_id: string, click_id: string | null, payout: string | null = '1.5000', goal = 'g1') => ({
  event_id,
  event_type: 'goal_complete',
  click_id,
  goal_reference_id: goal,
  payout,
  timestamp: '2026-01-20T00:00:00.000000Z',
  loaded_at: '2026-01-30T00:00:00.000000Z',
});

/** Iterations of strategy 8, one per minute. */
const many = Array.from({ length: 120 }, (_, index) => ({
  iteration_id: String(800 + index),
  strategy_id: '8',
  name: null,
  created_at: `2026-01-10T0${Math.floor(index / 60)}:${String(index % 60).padStart(2, '0')}:00.000000Z`,
}));

/** A conversion for each status, named like it, and for each way to get it. */
export const explainedWorld: RawWorld = {
  strategies: [
    { id: '1', name: 'One', tune_offer_id: '10', created_at: '2026-01-01T00:00:00.000000Z' },
    { id: '2', name: 'Two', tune_offer_id: '20', created_at: '2026-01-01T00:00:00.000000Z' },
    { id: '3', name: null, tune_offer_id: '20', created_at: '2026-01-01T00:00:00.000000Z' },
    { id: '4', name: 'Four', tune_offer_id: '40', created_at: '2026-01-01T00:00:00.000000Z' },
    { id: '8', name: 'Many', tune_offer_id: '80', created_at: '2026-01-01T00:00:00.000000Z' },
    { id: '12', name: 'Twelve', tune_offer_id: null, created_at: '2026-01-01T00:00:00.000000Z' },
  ],
  iterations: [
    { iteration_id: '11', strategy_id: '1', name: 'first', created_at: '2026-01-02T00:00:00.000000Z' },
    { iteration_id: '12', strategy_id: '1', name: null, created_at: '2026-01-05T00:00:00.000001Z' },
    { iteration_id: '13', strategy_id: '1', name: 'last', created_at: '2026-01-09T00:00:00.000000Z' },
    ...many,
    { iteration_id: '77', strategy_id: '7', name: 'of no strategy', created_at: '2026-01-03T00:00:00.000000Z' },
  ],
  campaigns: [
    { id: '100', name: 'Good', adaction_id: '10' },
    { id: '200', name: 'Shared', adaction_id: '20' },
    { id: '400', name: 'Idle', adaction_id: '40' },
    { id: '500', name: 'Without offer', adaction_id: null },
    { id: '800', name: 'Many', adaction_id: '80' },
    { id: '600', name: 'Late offer', adaction_id: '905180' },
  ],
  clicks: [
    click('ended', '100', '2026-01-05T00:00:00.000000Z'),
    click('open', '100', '2026-01-09T00:00:00.000000Z'),
    click('named', '500', '2026-01-01T00:00:00.000000Z', '12'),
    click('orphan', null, '2026-01-04T00:00:00.000000Z', '77'),
    click('no-campaign', null, '2026-01-04T00:00:00.000000Z'),
    click('lost-campaign', '999', '2026-01-04T00:00:00.000000Z'),
    click('no-offer', '500', '2026-01-04T00:00:00.000000Z'),
    click('no-strategy', '600', '2026-01-04T00:00:00.000000Z'),
    click('shared', '200', '2026-01-04T00:00:00.000000Z'),
    click('idle', '400', '2026-01-04T00:00:00.000000Z'),
    click('early', '100', '2026-01-01T23:59:59.999999Z'),
    click('late', '100', '2026-02-01T00:00:00.000000Z'),
    click('minute-0', '800', '2026-01-10T00:00:00.000000Z'),
    click('minute-60', '800', '2026-01-10T01:00:59.999999Z'),
    click('minute-119', '800', '2026-01-20T00:00:00.000000Z'),
    click('minute-after', '800', '2026-02-20T00:00:00.000000Z'),
    // Copies: the earliest time counts, and the campaign of the first copy that has one.
    click('copies', null, '2026-01-06T00:00:00.000000Z'),
    click('copies', '100', '2026-01-06T00:00:01.000000Z'),
    click('copies', '200', '2026-01-06T00:00:02.000000Z', '4711'),
  ],
  events: [
    event('attributed', 'ended'),
    event('attributed-open', 'open'),
    event('attributed-copies', 'copies'),
    event('explicit', 'named'),
    event('explicit-orphan', 'orphan'),
    event('no-click-id', null),
    event('click-not-found', 'missing'),
    event('campaign-not-found', 'lost-campaign'),
    event('campaign-not-found-2', 'no-campaign'),
    event('campaign-without-offer', 'no-offer', null),
    event('strategy-not-found', 'no-strategy', '9.0000'),
    event('strategy-not-found-2', 'no-strategy', '20.0000'),
    event('strategy-not-found-3', 'no-strategy', '21.2000'),
    event('strategy-not-found-4', 'no-strategy', null),
    event('shared-offer', 'shared'),
    event('no-iterations', 'idle'),
    event('before-first-iteration', 'early'),
    event('click-after-build', 'late'),
    { ...event('click-and-conversion-after-build', 'late'), timestamp: '2026-02-01T00:05:00.000000Z' },
    event('many-0', 'minute-0'),
    event('many-60', 'minute-60'),
    event('many-119', 'minute-119'),
    event('many-after', 'minute-after'),
    // Copies without an order.
    event('conflict', 'ended', '1.0000', 'g1'),
    event('conflict', 'ended', '2.0000', 'g1'),
  ],
};
