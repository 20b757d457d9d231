import type { ColumnType } from 'kysely';
import type { QualityCheckName, SeverityName } from '../../domain/quality.ts';

/** The schema that dbt writes to and the service reads. */
export const attributionSchema = 'attribution';

/**
 * The tables of schema `attribution` that the service reads, as dbt writes them (warehouse/dbt/models).
 *
 * Wire types, not JavaScript's: a bigint and a numeric arrive as exact decimal strings, a timestamptz as
 * RFC 3339 text in UTC with six digits of a second, a date as YYYY-MM-DD (see src/db/column-types.ts). Nothing is writable.
 */
export interface WarehouseTables {
  strategies: StrategiesTable;
  iterations_with_end_time: IterationsTable;
  goal_complete_events_attributed: ConversionsTable;
  iteration_metrics_daily: IterationMetricsDailyTable;
  iteration_clicks_daily: IterationClicksDailyTable;
  attribution_builds: AttributionBuildsTable;
  data_quality_findings: DataQualityFindingsTable;
}

/** A column that the service may select and compare, and never write. */
type Read<T> = ColumnType<T, never, never>;

/** Exact whole number as text (bigint). */
type Bigint = string;
/** Exact decimal as text (numeric with four digits after the point). */
type Numeric = string;
/** RFC 3339, UTC, six digits of a second. */
type Instant = string;
/** A UTC calendar day, YYYY-MM-DD. */
type Day = string;

/** Grain: one row per strategy. */
export interface StrategiesTable {
  strategy_id: Read<Bigint>;
  strategy_name: Read<string | null>;
  tune_offer_id: Read<Bigint | null>;
  created_at: Read<Instant>;
}

/** Grain: one row per iteration. */
export interface IterationsTable {
  iteration_id: Read<Bigint>;
  strategy_id: Read<Bigint>;
  iteration_name: Read<string | null>;
  /** 1 for the first iteration of its strategy. */
  sequence: Read<Bigint>;
  created_at: Read<Instant>;
  /** The next iteration's created_at; null while this one is the last. */
  ended_at: Read<Instant | null>;
}

/** Grain: one row per goal complete event. */
export interface ConversionsTable {
  event_id: Read<string>;
  click_id: Read<string | null>;
  goal_reference_id: Read<string | null>;
  payout: Read<Numeric | null>;
  converted_at: Read<Instant>;
  loaded_at: Read<Instant>;
  click_timestamp: Read<Instant | null>;
  campaign_id: Read<Bigint | null>;
  /** Set as soon as the strategy is certain, also where no iteration was found. */
  strategy_id: Read<Bigint | null>;
  /** Set if and only if attribution_status is ATTRIBUTED. */
  iteration_id: Read<Bigint | null>;
  attribution_status: Read<AttributionStatusName>;
  attribution_method: Read<AttributionMethodName | null>;
  /** Click time minus its iteration's created_at, in microseconds; negative only for explicit ids. */
  microseconds_into_iteration: Read<Bigint | null>;
}

/** Grain: iteration x goal_reference_id x UTC day of the conversion. Attributed conversions only. */
export interface IterationMetricsDailyTable {
  iteration_id: Read<Bigint>;
  strategy_id: Read<Bigint>;
  goal_reference_id: Read<string | null>;
  conversion_day: Read<Day>;
  conversions: Read<Bigint>;
  payout: Read<Numeric>;
  first_converted_at: Read<Instant>;
  last_converted_at: Read<Instant>;
}

/** Grain: iteration x UTC day of the click. Clicks that belong to an iteration, converted or not. */
export interface IterationClicksDailyTable {
  iteration_id: Read<Bigint>;
  strategy_id: Read<Bigint>;
  click_day: Read<Day>;
  clicks: Read<Bigint>;
}

/** Grain: one row per finished build, appended. The service's data version is the last one. */
export interface AttributionBuildsTable {
  build_id: Read<string>;
  /** 1 for the first build, growing by 1: a later build always has the higher number. */
  build_number: Read<Bigint>;
  as_of: Read<Instant>;
  started_at: Read<Instant>;
  finished_at: Read<Instant>;
  mirror_refreshed_at: Read<Instant | null>;
  events_loaded_through: Read<Instant | null>;
  clicks_loaded_through: Read<Instant | null>;
  conversions: Read<Bigint>;
  attributed: Read<Bigint>;
  no_click_id: Read<Bigint>;
  click_not_found: Read<Bigint>;
  campaign_not_found: Read<Bigint>;
  campaign_without_offer: Read<Bigint>;
  strategy_not_found: Read<Bigint>;
  shared_offer: Read<Bigint>;
  no_iterations: Read<Bigint>;
  before_first_iteration: Read<Bigint>;
  click_after_build: Read<Bigint>;
}

/** Grain: build x check x rank of a subject. Appended; a build of older models has no rows. */
export interface DataQualityFindingsTable {
  build_id: Read<string>;
  check_name: Read<QualityCheckName>;
  severity: Read<SeverityName>;
  /** In how many subjects the check found a fault; the rows have the first ten. */
  found: Read<Bigint>;
  /** 1 for the first; 0 in the one row of a check that found nothing. */
  subject_rank: Read<Bigint>;
  subject_id: Read<string | null>;
  detail: Read<string | null>;
}

/** Why a conversion has its iteration or has none, in the order in which the reasons are tried. */
export const attributionStatuses = [
  'ATTRIBUTED',
  'NO_CLICK_ID',
  'CLICK_NOT_FOUND',
  'CAMPAIGN_NOT_FOUND',
  'CAMPAIGN_WITHOUT_OFFER',
  'STRATEGY_NOT_FOUND',
  'SHARED_OFFER',
  'NO_ITERATIONS',
  'BEFORE_FIRST_ITERATION',
  'CLICK_AFTER_BUILD',
] as const;

export type AttributionStatusName = (typeof attributionStatuses)[number];

/** EXPLICIT: the click named its iteration. DERIVED: found by the time of the click. */
export const attributionMethods = ['DERIVED', 'EXPLICIT'] as const;

export type AttributionMethodName = (typeof attributionMethods)[number];
