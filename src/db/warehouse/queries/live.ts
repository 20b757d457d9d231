import { sql } from 'kysely';
import { validTimes } from '../../../domain/instant.ts';
import type { Warehouse } from '../connect.ts';
import type { LookUpPeriod } from '../look-up-periods.ts';
import { comparedText, isIn, isTextIn, isWithin } from '../sql.ts';

const idsOf = (period: LookUpPeriod): string[] => period.lookUps.map(({ id }) => id);

const happenedAt = sql.ref('timestamp');
const clickId = sql`nullif(${comparedText('click_id')}, '')`;
const goal = sql`nullif(${comparedText('goal_reference_id')}, '')`;
/** A time out of range counts as unknown. */
const countsAsLoadedAt = sql`
  coalesce(case when ${isWithin(sql.ref('loaded_at'), { from: validTimes.from, to: validTimes.before })} then loaded_at end, ${happenedAt})`;
/** Without NaN, which minus itself is NaN, as in the models. */
const payout = sql`case when payout - payout = 0 then payout end`;

/** The copy of an event that was loaded last, as the event stream has it now. */
export interface SourceEventRow {
  readonly id: string;
  readonly copies: string;
  readonly click_id: string | null;
  readonly goal_reference_id: string | null;
  readonly payout: string | null;
  readonly happened_at: string | null;
  readonly loaded_at: string | null;
  /** `loaded_at`, or the time of the event if that is unknown. */
  readonly counts_as_loaded_at: string;
}

/** The goal complete events with these ids, unordered; of several copies the one that the models choose (deduplicated_events). */
export function sourceEvents(warehouse: Warehouse, period: LookUpPeriod): Promise<SourceEventRow[]> {
  const query = sql<SourceEventRow>`
    select id, copies, click_id, goal_reference_id, payout, happened_at, loaded_at, counts_as_loaded_at
    from (
      select
        ${comparedText('event_id')} as id,
        ${clickId} as click_id,
        ${goal} as goal_reference_id,
        ${payout} as payout,
        ${happenedAt} as happened_at,
        loaded_at,
        ${countsAsLoadedAt} as counts_as_loaded_at,
        count(*) over (partition by ${comparedText('event_id')}) as copies,
        row_number() over (
          partition by ${comparedText('event_id')}
          order by ${countsAsLoadedAt} desc, ${happenedAt} desc, ${clickId} nulls last, ${goal} nulls last, ${payout} nulls last
        ) as copy_number
      from events.events
      where ${isTextIn('event_id', idsOf(period))}
        and rtrim(event_type, ' ') = 'goal_complete'
        and ${isWithin(happenedAt, period)}
    ) as numbered
    where copy_number = 1`;
  return warehouse.rows('live.events', query);
}

/** The copies of a click, as AdGem's table has them now. */
export interface SourceClickRow {
  readonly id: string;
  readonly copies: string;
  readonly first_happened_at: string;
  readonly last_loaded_at: string | null;
  /** Campaign of the earliest copy that has one. */
  readonly campaign_id: string | null;
  /** The iteration that the earliest copy names that names one. It may not exist. */
  readonly explicit_iteration_id: string | null;
}

/** The clicks with these ids, unordered; each field of the copy that the models choose (conversion_clicks). */
export function sourceClicks(warehouse: Warehouse, period: LookUpPeriod): Promise<SourceClickRow[]> {
  const rank = (column: string) => sql`
    row_number() over (
      partition by ${comparedText('click_id')}
      order by case when ${sql.ref(column)} is null then 1 else 0 end, ${happenedAt}, campaign_id nulls last,
        iteration_id nulls last
    )`;
  const query = sql<SourceClickRow>`
    select
      id,
      count(*) as copies,
      min(happened_at) as first_happened_at,
      max(loaded_at) as last_loaded_at,
      max(case when campaign_rank = 1 then campaign_id end) as campaign_id,
      max(case when iteration_rank = 1 then iteration_id end) as explicit_iteration_id
    from (
      select
        ${comparedText('click_id')} as id,
        ${happenedAt} as happened_at,
        loaded_at,
        campaign_id,
        iteration_id,
        ${rank('campaign_id')} as campaign_rank,
        ${rank('iteration_id')} as iteration_rank
      from adgem.clicks
      where ${isTextIn('click_id', idsOf(period))} and ${isWithin(happenedAt, period)}
    ) as numbered
    group by id`;
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
