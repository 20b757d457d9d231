import type { ColumnType } from 'kysely';
import type { AttributionCauseName } from '../../domain/causes.ts';
import type { QualityCheckName, SeverityName } from '../../domain/quality.ts';

/** The schema that dbt writes to and the service reads. */
export const attributionSchema = 'attribution';

/**
 * The tables of schema `attribution` that the service reads, as dbt writes them (warehouse/dbt/models).
 *
 * The types are those of the driver's values (src/db/column-types.ts): bigint and numeric are exact decimal strings,
 * timestamptz is RFC 3339 text in UTC with six fractional digits, date is YYYY-MM-DD.
 */
export interface WarehouseTables extends BuildTables, RecordTables {}

/**
 * The tables that each build makes again. A build publishes them under names with a number (`publishedName`), and makes views
 * of them with these names.
 */
export interface BuildTables {
  strategies: StrategiesTable;
  iterations_with_end_time: IterationsTable;
  goal_complete_events_attributed: ConversionsTable;
  iteration_metrics_daily: IterationMetricsDailyTable;
  iteration_clicks_daily: IterationClicksDailyTable;
}

/** The tables to which each build appends its rows. */
export interface RecordTables {
  attribution_builds: AttributionBuildsTable;
  attribution_history: AttributionHistoryTable;
  data_quality_findings: DataQualityFindingsTable;
}

const kindOfTable: Readonly<Record<keyof BuildTables, 'build'> & Record<keyof RecordTables, 'record'>> = {
  strategies: 'build',
  iterations_with_end_time: 'build',
  goal_complete_events_attributed: 'build',
  iteration_metrics_daily: 'build',
  iteration_clicks_daily: 'build',
  attribution_builds: 'record',
  attribution_history: 'record',
  data_quality_findings: 'record',
};

/** All tables that the service reads. */
export const servedTables = Object.keys(kindOfTable) as readonly (keyof WarehouseTables)[];

/**
 * The name of a table as a build published it (warehouse/dbt/macros/publish.sql); any other table keeps its name.
 *
 * @param number `tables_build_number` of the build.
 */
export const publishedName = (table: string, number: string): string =>
  (kindOfTable as Readonly<Record<string, string>>)[table] === 'build' ? `${table}__${number}` : table;

/** A column that can be selected and compared, but not written. */
type Read<T> = ColumnType<T, never, never>;

/** bigint: an exact integer as text. */
type Bigint = string;
/** numeric with four digits after the point: an exact decimal as text. */
type Numeric = string;
/** RFC 3339 in UTC, with six fractional digits. */
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
  /** The next iteration's created_at; null for the last iteration. */
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
  /** Set if the strategy is known, even if no iteration was found. */
  strategy_id: Read<Bigint | null>;
  /** Set if and only if attribution_status is ATTRIBUTED. */
  iteration_id: Read<Bigint | null>;
  attribution_status: Read<AttributionStatusName>;
  attribution_method: Read<AttributionMethodName | null>;
  /** Click time minus the iteration's created_at, in microseconds; negative only for explicit iteration ids. */
  microseconds_into_iteration: Read<Bigint | null>;
  /** When the click was loaded; null if it was not found, or its time of loading is unknown. */
  click_loaded_at: Read<Instant | null>;
  /** The offer of the click's campaign; null if the rule did not get so far, or the click's own iteration decided. */
  campaign_offer_id: Read<Bigint | null>;
  /** The iteration that the click names, if it decided. */
  explicit_iteration_id: Read<Bigint | null>;
  iteration_created_at: Read<Instant | null>;
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

/** Grain: iteration x UTC day of the click. All clicks that belong to an iteration, converted or not. */
export interface IterationClicksDailyTable {
  iteration_id: Read<Bigint>;
  strategy_id: Read<Bigint>;
  click_day: Read<Day>;
  clicks: Read<Bigint>;
}

/** Grain: one row per finished build, appended. The newest row is the version of the data. */
export interface AttributionBuildsTable {
  build_id: Read<string>;
  /** 1 for the first build; each later build is numbered one higher. */
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
  /** The number in the names of its tables, which never change; null: it has the ordinary tables, which builds replace. */
  tables_build_number: Read<Bigint | null>;
  /** The oldest build whose state attribution_history had when this build was finished; null before there was a history. */
  history_since_build_number: Read<Bigint | null>;
  /** The version of the attribution rule; null before it was recorded. */
  rule_version: Read<Bigint | null>;
}

/** Grain: conversion x interval of builds in which it had the same state. An interval that ends gets its last two columns. */
export interface AttributionHistoryTable {
  interval_id: Read<string>;
  event_id: Read<string>;
  click_id: Read<string | null>;
  goal_reference_id: Read<string | null>;
  payout: Read<Numeric | null>;
  converted_at: Read<Instant>;
  loaded_at: Read<Instant>;
  click_timestamp: Read<Instant | null>;
  campaign_id: Read<Bigint | null>;
  /** Set if the strategy is known, even if no iteration was found. */
  strategy_id: Read<Bigint | null>;
  /** Set if and only if attribution_status is ATTRIBUTED. */
  iteration_id: Read<Bigint | null>;
  attribution_status: Read<AttributionStatusName>;
  attribution_method: Read<AttributionMethodName | null>;
  /** Click time minus the iteration's created_at, in microseconds; negative only for explicit iteration ids. */
  microseconds_into_iteration: Read<Bigint | null>;
  /** When the click was loaded; null if it was not found, or its time of loading is unknown. */
  click_loaded_at: Read<Instant | null>;
  /** The offer of the click's campaign; null if the rule did not get so far, or the click's own iteration decided. */
  campaign_offer_id: Read<Bigint | null>;
  /** The iteration that the click names, if it decided. */
  explicit_iteration_id: Read<Bigint | null>;
  iteration_created_at: Read<Instant | null>;
  from_build_number: Read<Bigint>;
  /** The first later build without this state; null, or above the number of a build: that build still has it. */
  until_build_number: Read<Bigint | null>;
  begin_cause: Read<AttributionCauseName>;
  end_cause: Read<AttributionCauseName | null>;
}

/** Grain: build x check x rank of a subject. Appended; builds of models older than the checks have no rows. */
export interface DataQualityFindingsTable {
  build_id: Read<string>;
  check_name: Read<QualityCheckName>;
  severity: Read<SeverityName>;
  /** Number of subjects in which the check found a problem; rows exist for the first ones, see `subjectsOfAnyBuild`. */
  found: Read<Bigint>;
  /** 1 for the first subject; 0 in the single row of a check that found nothing. */
  subject_rank: Read<Bigint>;
  subject_id: Read<string | null>;
  detail: Read<string | null>;
}

/** Why a conversion has an iteration or not, in the order in which the reasons are tested. */
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
