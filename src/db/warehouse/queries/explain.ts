import { type SqlBool, sql } from 'kysely';
import type { BuildReader, Warehouse } from '../connect.ts';
import { comparedText, isStoredTextIn } from '../sql.ts';
import type { AttributionMethodName, AttributionStatusName } from '../tables.ts';

/** A conversion with the values that decided its attribution. */
export interface ExplainedRow {
  readonly id: string;
  readonly click_id: string | null;
  readonly payout: string | null;
  readonly converted_at: string;
  readonly loaded_at: string;
  readonly clicked_at: string | null;
  readonly click_loaded_at: string | null;
  readonly campaign_id: string | null;
  readonly campaign_offer_id: string | null;
  readonly explicit_iteration_id: string | null;
  readonly strategy_id: string | null;
  readonly iteration_id: string | null;
  readonly status: AttributionStatusName;
  readonly method: AttributionMethodName | null;
  readonly goal_reference_id: string | null;
  readonly microseconds_into_iteration: string | null;
}

/** The conversions with these ids, unordered. */
export function explainedConversions(warehouse: BuildReader, ids: readonly string[]): Promise<ExplainedRow[]> {
  const query = warehouse.db
    .selectFrom('goal_complete_events_attributed')
    .select([
      'event_id as id',
      'click_id',
      'payout',
      'converted_at',
      'loaded_at',
      'click_timestamp as clicked_at',
      'click_loaded_at',
      'campaign_id',
      'campaign_offer_id',
      'explicit_iteration_id',
      'strategy_id',
      'iteration_id',
      'attribution_status as status',
      'attribution_method as method',
      comparedText('goal_reference_id').as('goal_reference_id'),
      'microseconds_into_iteration',
    ])
    .where(isStoredTextIn('event_id', ids));
  return warehouse.rows('explain.conversions', query);
}

/** What the models keep of the copies of an event and of its click. Of the newest build, or of one that is under way. */
export interface CopiesRow {
  readonly id: string;
  readonly conflicting_columns: string | null;
  readonly click_id: string | null;
  readonly goal_reference_id: string | null;
  readonly payout: string | null;
  readonly converted_at: string;
  readonly loaded_at: string;
  /** The time up to which the run that wrote the event had read events. */
  readonly event_read_at: string;
  readonly clicked_at: string | null;
  readonly last_clicked_at: string | null;
  readonly campaign_clicked_at: string | null;
  readonly campaign_id: string | null;
  readonly lowest_campaign_id: string | null;
  readonly highest_campaign_id: string | null;
  readonly iteration_clicked_at: string | null;
  readonly explicit_iteration_id: string | null;
  readonly lowest_iteration_id: string | null;
  readonly highest_iteration_id: string | null;
  /** The time up to which the run that wrote the click had read clicks. */
  readonly read_at: string | null;
  /** The newest build when this was read. */
  readonly newest_build_number: string | null;
}

/** The copies behind the conversions with these ids, unordered. */
export function copiesOfConversions(warehouse: Warehouse, ids: readonly string[]): Promise<CopiesRow[]> {
  const query = warehouse.db
    .selectFrom('goal_complete_events as events')
    .leftJoin('conversion_clicks as clicks', (join) =>
      join.onRef('clicks.event_id', '=', 'events.event_id').onRef('clicks.click_id', '=', 'events.click_id'),
    )
    .innerJoin(
      (from) =>
        from
          .selectFrom('attribution_builds')
          .select((of) => of.fn.max('build_number').as('newest_build_number'))
          .as('builds'),
      (join) => join.on(sql<SqlBool>`1 = 1`),
    )
    .select([
      'events.event_id as id',
      'events.conflicting_columns',
      'events.click_id',
      comparedText('events.goal_reference_id').as('goal_reference_id'),
      'events.payout',
      'events.converted_at',
      'events.loaded_at',
      'events.read_at as event_read_at',
      'clicks.clicked_at',
      'clicks.last_clicked_at',
      'clicks.campaign_clicked_at',
      'clicks.campaign_id',
      'clicks.lowest_campaign_id',
      'clicks.highest_campaign_id',
      'clicks.iteration_clicked_at',
      'clicks.explicit_iteration_id',
      'clicks.lowest_iteration_id',
      'clicks.highest_iteration_id',
      'clicks.read_at',
      'builds.newest_build_number',
    ])
    .where(isStoredTextIn('events.event_id', ids));
  return warehouse.rows('explain.copies', query);
}
