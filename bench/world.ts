import type pg from 'pg';

export interface WorldSize {
  readonly conversions: number;
  readonly clicks: number;
  readonly strategies: number;
  readonly iterationsPerStrategy: number;
  /** One conversion in so many has no click. */
  readonly withoutClickEvery: number;
}

/** Everything in the world was loaded before. */
export const worldEnd = '2026-07-01T00:00:00Z';

/** The id of the conversion with a number, and of the click that is missing if it has none, as SQL. */
export const eventIdOf = (number: string): string => `'e' || md5(${number}::text)`;
export const missingClickIdOf = (number: string): string => `md5('none' || ${number})`;

/**
 * Fills empty raw tables: half a year of clicks, ids in random order. One click in a thousand is a duplicate. A conversion is
 * up to a day after its click. Strategies, campaigns and offers have equal numbers.
 */
export async function fillWorld(client: pg.Client, size: WorldSize): Promise<void> {
  const { conversions, clicks, strategies, iterationsPerStrategy } = size;
  await client.query(`
    insert into adsuite_mirror.strategies
      select n, 'strategy ' || n, n, '2026-01-01T00:00:00Z' from generate_series(1, ${strategies}) n;
    insert into adsuite_mirror.iterations
      select n, 1 + (n - 1) / ${iterationsPerStrategy}, null,
        timestamptz '2026-01-01T00:00:00Z' + ((n - 1) % ${iterationsPerStrategy}) * interval '15 days'
      from generate_series(1, ${strategies * iterationsPerStrategy}) n;
    insert into adgem.campaigns select n, 'campaign ' || n, n from generate_series(1, ${strategies}) n;
    insert into adgem.clicks
      select md5(n::text), 1 + floor(random() * ${strategies})::bigint, at, null, at + interval '1 minute'
      from (
        select n, timestamptz '2026-01-01T00:00:00Z' + random() * interval '179 days' as at
        from generate_series(1, ${clicks}) n
      ) clicks;
    insert into adgem.clicks
      select click_id, campaign_id, "timestamp" + interval '1 second', null, loaded_at
      from adgem.clicks where random() < 0.001;
    insert into events.events
      select event_id, 'goal_complete', click_id, goal, 1.25, at, at + interval '1 minute'
      from (
        select ${eventIdOf('n')} as event_id, coalesce(click_id, ${missingClickIdOf('n')}) as click_id, 'g' || n % 5 as goal,
          coalesce("timestamp", timestamptz '2026-06-01T00:00:00Z') + random() * interval '1 day' as at
        from (
          select n,
            case when n % ${size.withoutClickEvery} > 0 then md5((1 + floor(random() * ${clicks}))::bigint::text) end as chosen_id
          from generate_series(1, ${conversions}) n
        ) chosen
        left join (select distinct on (click_id) click_id, "timestamp" from adgem.clicks) clicks on click_id = chosen_id
      ) events;
    analyze`);
}

/** The attribution as one plain inner join, with which builds are compared. Reads a table of a build. */
export const plainQuery = (asOf: string): string => `
  with iterations as (
    select *, lead(created_at) over (partition by strategy_id order by created_at, iteration_id) as next_created_at
    from adsuite_mirror.iterations
  )
  select gce.event_id, gce.click_id, gce.goal_reference_id, gce.payout, gce.converted_at, gce.loaded_at,
    clicks."timestamp" as click_timestamp, campaigns.id as campaign_id, strategies.id as strategy_id,
    iterations.iteration_id
  from attribution.goal_complete_events gce
  join adgem.clicks on clicks.click_id = gce.click_id
  join adgem.campaigns on campaigns.id = clicks.campaign_id
  join adsuite_mirror.strategies on campaigns.adaction_id = strategies.tune_offer_id
  join iterations on iterations.strategy_id = strategies.id
    and clicks."timestamp" >= iterations.created_at
    and clicks."timestamp" < coalesce(iterations.next_created_at, '${asOf}'::timestamptz)`;

/** The same join of the tables that gold reads: silver with its clicks, campaigns, strategies and windows. */
export const goldJoin = (asOf: string): string => `
  select events.event_id, events.click_id, events.goal_reference_id, events.payout, events.converted_at, events.loaded_at,
    clicks.clicked_at as click_timestamp, campaigns.campaign_id, strategies.strategy_id, iterations.iteration_id
  from attribution.goal_complete_events events
  join attribution.conversion_clicks clicks on clicks.event_id = events.event_id
  join attribution.stg_adgem__campaigns campaigns on campaigns.campaign_id = clicks.campaign_id
  join attribution.strategies on strategies.tune_offer_id = campaigns.tune_offer_id
  join attribution.iterations_with_end_time iterations on iterations.strategy_id = strategies.strategy_id
    and clicks.clicked_at >= iterations.created_at
    and clicks.clicked_at < coalesce(iterations.ended_at, '${asOf}'::timestamptz)`;

export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
