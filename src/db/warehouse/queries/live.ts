import { sql } from 'kysely';
import type { Warehouse } from '../connect.ts';
import { comparedText, isIn, isTextIn, isWithin } from '../sql.ts';

/** Where to look for a row in a source: its id, and the time that it happened, half-open. */
export interface SourceLookUp {
  readonly id: string;
  readonly from: string;
  readonly to: string;
}

/** The period that covers all look-ups. A source without an index on its ids is read in this period only. */
const periodOf = (lookUps: readonly SourceLookUp[]) => ({
  from: lookUps.map(({ from }) => from).toSorted()[0] ?? null,
  to:
    lookUps
      .map(({ to }) => to)
      .toSorted()
      .at(-1) ?? null,
});

const idsOf = (lookUps: readonly SourceLookUp[]): string[] => lookUps.map(({ id }) => id);

const happenedAt = sql.ref('timestamp');

/** The copy of an event that was loaded last, as the event stream has it now. */
export interface SourceEventRow {
  readonly id: string;
  readonly copies: string;
  readonly click_id: string | null;
  readonly payout: string | null;
  readonly happened_at: string | null;
  readonly loaded_at: string | null;
}

/** The goal complete events with these ids, unordered. */
export function sourceEvents(warehouse: Warehouse, lookUps: readonly SourceLookUp[]): Promise<SourceEventRow[]> {
  const query = sql<SourceEventRow>`
    select id, copies, click_id, payout, happened_at, loaded_at
    from (
      select
        ${comparedText('event_id')} as id,
        ${comparedText('click_id')} as click_id,
        payout,
        ${happenedAt} as happened_at,
        loaded_at,
        count(*) over (partition by ${comparedText('event_id')}) as copies,
        row_number() over (
          partition by ${comparedText('event_id')} order by loaded_at desc nulls last, ${happenedAt} desc
        ) as copy_number
      from events.events
      where ${isTextIn('event_id', idsOf(lookUps))}
        and rtrim(event_type, ' ') = 'goal_complete'
        and ${isWithin(happenedAt, periodOf(lookUps))}
    ) as numbered
    where copy_number = 1`;
  return warehouse.rows('live.events', query);
}

/** The copies of a click, as AdGem's table has them now. */
export interface SourceClickRow {
  readonly id: string;
  readonly copies: string;
  readonly first_happened_at: string | null;
  readonly last_loaded_at: string | null;
}

/** The clicks with these ids, unordered. */
export function sourceClicks(warehouse: Warehouse, lookUps: readonly SourceLookUp[]): Promise<SourceClickRow[]> {
  const query = sql<SourceClickRow>`
    select
      ${comparedText('click_id')} as id,
      count(*) as copies,
      min(${happenedAt}) as first_happened_at,
      max(loaded_at) as last_loaded_at
    from adgem.clicks
    where ${isTextIn('click_id', idsOf(lookUps))} and ${isWithin(happenedAt, periodOf(lookUps))}
    group by ${comparedText('click_id')}`;
  return warehouse.rows('live.clicks', query);
}

/** A campaign, as AdGem's table has it now. */
export interface SourceCampaignRow {
  readonly id: string;
  readonly offer_id: string | null;
}

/** The campaigns with these ids, unordered; of several copies the lowest offer, as in the models. */
export function sourceCampaigns(warehouse: Warehouse, ids: readonly string[]): Promise<SourceCampaignRow[]> {
  const query = sql<SourceCampaignRow>`
    select id, min(adaction_id) as offer_id from adgem.campaigns where ${isIn(sql.ref('id'), ids)} group by id`;
  return warehouse.rows('live.campaigns', query);
}
