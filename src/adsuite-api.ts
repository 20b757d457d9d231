// Made from contracts/adsuite-metrics.openapi.yaml by `npm run contract`; not to be edited.

/**
 * AdSuite's own id, a whole number of 64 bits in decimal digits. Text, as JSON's numbers lose digits beyond 2^53.
 */
export type Id = string;
/**
 * RFC 3339, in UTC, with six digits of a second.
 */
export type Instant = string;
/**
 * How many.
 */
export type Count = number;
/**
 * An exact decimal number with four digits after the point. Text, as money is never a float.
 */
export type Amount = string;

/**
 * A request. `runId`, `build` and `asOf` say where it comes from, for people who look into a case; only `metrics` decides.
 */
export interface MetricsPush {
  /**
   * The push run. The attribution API's query `pushRun` shows it.
   */
  runId: string;
  /**
   * The build of the warehouse that the values are from.
   */
  build: string;
  /**
   * The build's time. Clicks at or after it are not counted.
   */
  asOf: string;
  /**
   * The rows, each iteration at most once.
   *
   * @minItems 1
   * @maxItems 1000
   */
  metrics: IterationMetrics[];
}
/**
 * All that is known of one iteration, since it began.
 */
export interface IterationMetrics {
  iterationId: Id;
  /**
   * AdSuite's own id, a whole number of 64 bits in decimal digits. Text, as JSON's numbers lose digits beyond 2^53.
   */
  strategyId: string;
  /**
   * The number of the build. A later build has a higher one.
   */
  version: number;
  /**
   * Clicks while the iteration was live.
   */
  clicks: number;
  /**
   * Conversions of those clicks, whenever they happened.
   */
  conversions: number;
  /**
   * The sum of those conversions' payouts; one without a payout counts as 0.
   */
  payout: string;
  /**
   * When the first of them happened; null without conversions.
   */
  firstConversionAt: Instant | null;
  /**
   * When the last of them happened; null without conversions.
   */
  lastConversionAt: Instant | null;
  /**
   * The same conversions and payouts by goal, in the order of their ids, null last, each goal once. They add up to `conversions` and `payout`. Empty without conversions.
   */
  byGoal: GoalMetrics[];
}
/**
 * What one goal has of an iteration's conversions.
 */
export interface GoalMetrics {
  /**
   * The goal's id in Tune; null for conversions that came without one.
   */
  goalReferenceId: string | null;
  conversions: Count;
  payout: Amount;
}
/**
 * One result for each row of the request, in any order. A row without one counts as not answered, and is sent again.
 */
export interface MetricsPushAnswer {
  /**
   * The results.
   */
  results: RowOutcome[];
}
/**
 * What became of one row.
 */
export interface RowOutcome {
  iterationId: Id;
  /**
   * - `accepted`: AdSuite holds these values under this version, now or since before.
   * - `stale`: a higher version is held; nothing to do.
   * - `rejected`: not taken, and sending it again changes nothing; `code` says why.
   *
   */
  status: 'accepted' | 'stale' | 'rejected';
  /**
   * For programs: why, in capitals. Known are NEWER_VERSION (with stale), VERSION_CONFLICT, UNKNOWN_ITERATION and INCONSISTENT_VALUES (with rejected). Expected with `rejected`.
   */
  code?: string;
  /**
   * For people; shown with the row's receipt.
   */
  message?: string;
}
/**
 * Why a request as a whole was not taken.
 */
export interface Refusal {
  /**
   * For programs, in capitals.
   */
  code: string;
  /**
   * For people; shown with the run or its rows. It must not repeat the token.
   */
  message: string;
}
/**
 * A page of what AdSuite holds.
 */
export interface HeldMetricsPage {
  /**
   * The rows as they were taken, with the version that each has.
   *
   * @maxItems 1000
   */
  metrics: IterationMetrics[];
  /**
   * For the next page; null at the end. Opaque.
   */
  nextCursor: string | null;
}
