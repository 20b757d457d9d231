import type pg from 'pg';

/**
 * Creates schema `peer`, which the other servers read: views of the published tables with the names of the API, which the
 * planner replaces by the tables, and the functions with which PostGraphile gets fields that it can't derive from tables.
 */
export async function createPeerSchema(client: pg.Client): Promise<void> {
  await client.query(`
    drop schema if exists peer cascade;
    create schema peer;

    create view peer.strategies as
      select strategy_id as id, strategy_name as name, tune_offer_id, created_at from attribution.strategies;

    create view peer.iterations as
      select iteration_id as id, strategy_id, iteration_name as name, sequence, created_at, ended_at
      from attribution.iterations_with_end_time;

    create view peer.conversions as
      select event_id as id, click_id, goal_reference_id, payout, converted_at, click_timestamp as clicked_at,
        attribution_status as status, attribution_method as method, strategy_id, iteration_id
      from attribution.goal_complete_events_attributed;
    comment on view peer.strategies is E'@primaryKey id';
    comment on view peer.iterations is E'@primaryKey id\\n@foreignKey (strategy_id) references strategies (id)';
    comment on view peer.conversions is E'@primaryKey id\\n@foreignKey (strategy_id) references strategies (id)'
      '\\n@foreignKey (iteration_id) references iterations (id)';

    create view peer.daily_metrics as
      select iteration_id, strategy_id, conversion_day as day, conversions, payout from attribution.iteration_metrics_daily;

    create type peer.metrics as (conversions bigint, payout numeric);
    create function peer.iterations_metrics(iteration peer.iterations) returns peer.metrics language sql stable as $$
      select coalesce(sum(conversions), 0)::bigint, cast(coalesce(sum(payout), 0) as numeric(38, 4))
      from attribution.iteration_metrics_daily where iteration_id = iteration.id
    $$;

    create function peer.strategies_by_ids(ids bigint[]) returns setof peer.strategies language sql stable as $$
      select * from peer.strategies where id = any(ids) order by id
    $$;

    -- A connection of the view pages by an OR of ANDs, which reads every row before the page.
    create function peer.conversions_before(at timestamptz, before_id text) returns setof peer.conversions
    language sql stable as $$
      select * from peer.conversions where (converted_at, id) < (at, before_id) order by converted_at desc, id desc
    $$;

    create type peer.day_metrics as (day date, strategy_id bigint, conversions bigint, payout numeric);
    create function peer.metrics_by_day(since date, until date, strategy_ids bigint[]) returns setof peer.day_metrics
    language sql stable as $$
      select day, strategy_id, sum(conversions)::bigint, cast(sum(payout) as numeric(38, 4))
      from peer.daily_metrics
      where day >= since and day < until and strategy_id = any(strategy_ids)
      group by day, strategy_id order by day, strategy_id
    $$`);
}
