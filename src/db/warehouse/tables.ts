import type { ColumnType } from 'kysely';
import type { AttributionCauseName } from '../../domain/causes.ts';
import type { FixName } from '../../domain/fixes.ts';
import type { QualityCheckName, SeverityName } from '../../domain/quality.ts';

/** The schema that dbt writes to and the service reads. */
export const attributionSchema = 'attribution';

/**
 * The tables of schema `attribution` that the service reads, as dbt writes them (warehouse/dbt/models).
 *
 * The types are those of the driver's values (src/db/column-types.ts): bigint and numeric are exact decimal strings,
 * timestamptz is RFC 3339 text in UTC with six fractional digits, date is YYYY-MM-DD.
 */
export interface WarehouseTables extends BuildTables, RecordTables, DetailTables {}

/**
 * The tables that each build makes again. A build publishes them under names with a number (`publishedName`), and makes views
 * of them with these names.
 */
export interface BuildTables {
  strategies: StrategiesTable;
  iterations_with_end_time: IterationsTable;
  campaigns: CampaignsTable;
  goal_complete_events_attributed: ConversionsTable;
  iteration_metrics_daily: IterationMetricsDailyTable;
  iteration_clicks_daily: IterationClicksDailyTable;
  iteration_clicks_quarter_hourly: IterationClicksQuarterHourlyTable;
  unattributed_fixes: UnattributedFixesTable;
}

/** Tables that all builds share and a build under way changes: detail of the newest build, without a build's number. */
export interface DetailTables {
  goal_complete_events: EventsTable;
  conversion_clicks: ConversionClicksTable;
}

/** The tables to which each build appends its rows, or in which it changes some. */
export interface RecordTables {
  attribution_builds: AttributionBuildsTable;
  data_quality_findings: DataQualityFindingsTable;
  attribution_history: AttributionHistoryTable;
  finding_intervals: FindingIntervalsTable;
}

const kindOfTable: Readonly<Record<keyof BuildTables, 'build'> & Record<keyof RecordTables, 'record'>> = {
  strategies: 'build',
  iterations_with_end_time: 'build',
  campaigns: 'build',
  goal_complete_events_attributed: 'build',
  iteration_metrics_daily: 'build',
  iteration_clicks_daily: 'build',
  iteration_clicks_quarter_hourly: 'build',
  unattributed_fixes: 'build',
  attribution_builds: 'record',
  data_quality_findings: 'record',
  attribution_history: 'record',
  finding_intervals: 'record',
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

/** Grain: one row per campaign of AdGem. */
export interface CampaignsTable {
  campaign_id: Read<Bigint>;
  campaign_name: Read<string | null>;
  tune_offer_id: Read<Bigint | null>;
  /** Set if exactly one strategy has the offer. */
  strategy_id: Read<Bigint | null>;
  problem: Read<CampaignProblemName | null>;
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
  /** When the copy of the click that counts was loaded; null if unknown. */
  click_loaded_at: Read<Instant | null>;
  /** The offer of the campaign, if the rule reached it; null if it did not, or an explicit iteration decided. */
  campaign_offer_id: Read<Bigint | null>;
  /** The iteration that the click names, if it decided. */
  explicit_iteration_id: Read<Bigint | null>;
  /** created_at of the iteration; null unless attributed. */
  iteration_created_at: Read<Instant | null>;
}

/** Grain: one row per goal complete event. */
export interface EventsTable {
  event_id: Read<string>;
  click_id: Read<string | null>;
  goal_reference_id: Read<string | null>;
  payout: Read<Numeric | null>;
  converted_at: Read<Instant>;
  loaded_at: Read<Instant>;
  /** The run that wrote the row had read events that were loaded up to this time. */
  read_at: Read<Instant>;
  /** Names of columns in which copies without an order differ, with a comma and a blank between them. */
  conflicting_columns: Read<string | null>;
}

/** Grain: one row per goal complete event with a click id: its click, each field with the time of the copy it came from. */
export interface ConversionClicksTable {
  event_id: Read<string>;
  click_id: Read<string>;
  clicked_at: Read<Instant | null>;
  campaign_clicked_at: Read<Instant | null>;
  campaign_id: Read<Bigint | null>;
  iteration_clicked_at: Read<Instant | null>;
  explicit_iteration_id: Read<Bigint | null>;
  /** Of all copies. */
  last_clicked_at: Read<Instant | null>;
  lowest_campaign_id: Read<Bigint | null>;
  highest_campaign_id: Read<Bigint | null>;
  lowest_iteration_id: Read<Bigint | null>;
  highest_iteration_id: Read<Bigint | null>;
  /** The run that wrote the row had read clicks that were loaded up to this time. */
  read_at: Read<Instant>;
}

/** A column of `goal_complete_events_attributed`. */
export type ConversionColumn = keyof ConversionsTable;

const conversionColumns: Readonly<Record<ConversionColumn, true>> = {
  event_id: true,
  click_id: true,
  goal_reference_id: true,
  payout: true,
  converted_at: true,
  loaded_at: true,
  click_timestamp: true,
  campaign_id: true,
  strategy_id: true,
  iteration_id: true,
  attribution_status: true,
  attribution_method: true,
  microseconds_into_iteration: true,
  click_loaded_at: true,
  campaign_offer_id: true,
  explicit_iteration_id: true,
  iteration_created_at: true,
};

/** All columns of `goal_complete_events_attributed`, which are also those that the history compares. */
export const conversionColumnNames = Object.keys(conversionColumns) as readonly ConversionColumn[];

/**
 * Grain: conversion x interval of builds in which its row of gold was the same. The state of build b consists of the intervals
 * that begin at or before b and do not end at or before b (`isStateOf`). While a build is running, the table may hold intervals
 * with its number, which no build that can be read includes.
 */
export interface AttributionHistoryTable extends ConversionsTable {
  /** event_id, @, from_build_number. */
  interval_id: Read<string>;
  /** The first build with this state. */
  from_build_number: Read<Bigint>;
  /** The first build without it; null: the newest build has it. */
  until_build_number: Read<Bigint | null>;
  /** Why it began. */
  begin_cause: Read<AttributionCauseName>;
  /** Why it ended: why the next one began, or GONE. */
  end_cause: Read<AttributionCauseName | null>;
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

/** Grain: iteration x quarter-hour of the click, for the days and hours of any time zone. */
export interface IterationClicksQuarterHourlyTable {
  iteration_id: Read<Bigint>;
  strategy_id: Read<Bigint>;
  quarter_at: Read<Instant>;
  clicks: Read<Bigint>;
}

/** Grain: fix x subject. Each unattributed conversion counts in one row. */
export interface UnattributedFixesTable {
  /** The fix, and its subject after a colon. */
  fix_id: Read<string>;
  fix: Read<FixName>;
  subject_id: Read<string | null>;
  conversions: Read<Bigint>;
  payout: Read<Numeric>;
  first_converted_at: Read<Instant>;
  waiting_since_build_number: Read<Bigint | null>;
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
  /** The oldest build whose state `attribution_history` had when this build finished; null: it had none. */
  history_since_build_number: Read<Bigint | null>;
  /** Version of the attribution rule of the dbt models. */
  rule_version: Read<Bigint | null>;
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

/**
 * Grain: check x subject x first of the builds that found it without a break. A build under way changes rows: then `last_seen_…`
 * or `resolved_…` is above the newest build, and `earlier_…` is what that one knew.
 */
export interface FindingIntervalsTable {
  interval_id: Read<string>;
  check_name: Read<QualityCheckName>;
  subject_id: Read<string>;
  severity: Read<SeverityName>;
  detail: Read<string | null>;
  first_seen_build_number: Read<Bigint>;
  first_seen_at: Read<Instant>;
  last_seen_build_number: Read<Bigint>;
  last_seen_at: Read<Instant>;
  resolved_build_number: Read<Bigint | null>;
  resolved_at: Read<Instant | null>;
  earlier_detail: Read<string | null>;
  earlier_seen_build_number: Read<Bigint | null>;
  earlier_seen_at: Read<Instant | null>;
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

/** Why no click of a campaign can be attributed by time: the statuses that do not depend on the click. */
export const campaignProblems = [
  'CAMPAIGN_WITHOUT_OFFER',
  'STRATEGY_NOT_FOUND',
  'SHARED_OFFER',
  'NO_ITERATIONS',
] as const satisfies readonly AttributionStatusName[];

export type CampaignProblemName = (typeof campaignProblems)[number];
