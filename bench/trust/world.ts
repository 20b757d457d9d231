import type pg from 'pg';
import { eventIdOf, missingClickIdOf, type WorldSize } from '../world.ts';

/** For each of the three reasons, one of so many conversions changes: together 1 %. */
const share = 300;

/**
 * Changes about 1 % of the conversions, others for each number up to 14: a third each get another strategy because the offers
 * of two strategies are swapped, a corrected payout in a later copy of the event, and the click that was missing.
 *
 * @param at when the copies and clicks were loaded.
 */
export async function changeWorld(client: pg.Client, size: WorldSize, number: number, at: string): Promise<void> {
  const { conversions, strategies, withoutClickEvery } = size;
  const pairs = Math.max(1, Math.round(strategies / share / 2));
  const first = (number - 1) * pairs * 2 + 1;
  const numbers = `generate_series(1, ${conversions}) n`;
  await client.query(`
    update adsuite_mirror.strategies
      set tune_offer_id = case when id % 2 = 1 then id + 1 else id - 1 end
      where id between ${first} and ${first + 2 * pairs - 1};
    insert into events.events
      select event_id, event_type, click_id, goal_reference_id, payout + 0.5, "timestamp", '${at}'::timestamptz - interval '2 minutes'
      from events.events
      where event_id in (select ${eventIdOf('n')} from ${numbers} where n % ${share} = ${number});
    insert into adgem.clicks
      select click_id, 1 + n % ${strategies}, "timestamp" - interval '1 hour', null, '${at}'::timestamptz - interval '2 minutes'
      from ${numbers} join events.events on event_id = ${eventIdOf('n')} and click_id = ${missingClickIdOf('n')}
      where n % ${withoutClickEvery} = 0 and n / ${withoutClickEvery} % ${Math.round(share / withoutClickEvery)} = ${number};
    analyze events.events, adgem.clicks, adsuite_mirror.strategies`);
}

/** Gives all conversions with a click another strategy: the offers of each two strategies are swapped. */
export async function changeMost(client: pg.Client): Promise<void> {
  await client.query(`
    update adsuite_mirror.strategies
      set tune_offer_id = case when tune_offer_id % 2 = 1 then tune_offer_id + 1 else tune_offer_id - 1 end;
    analyze adsuite_mirror.strategies`);
}
