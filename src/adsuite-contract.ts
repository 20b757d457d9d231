// Generated from contracts/adsuite-metrics.openapi.yaml by `npm run contract`. Do not edit.

import { z } from 'zod';

/** An id of AdSuite, a 64-bit integer in decimal digits without leading zeros. A string, because JSON numbers lose digits beyond 2^53. */
export const Id = z
  .string()
  .regex(/^-?(0|[1-9][0-9]{0,18})$/, 'must be like 17, by the pattern ^-?(0|[1-9][0-9]{0,18})$');
export type Id = z.infer<typeof Id>;

/** A number of clicks or conversions. */
export const Count = z.number().int().gte(0).lte(9007199254740991);
export type Count = z.infer<typeof Count>;

/** A decimal number with four digits after the point. A string, so that it stays exact. */
export const Amount = z
  .string()
  .regex(
    /^-?(0|[1-9][0-9]{0,19})\.[0-9]{4}$/,
    'must be like 46.5000, by the pattern ^-?(0|[1-9][0-9]{0,19})\\.[0-9]{4}$',
  );
export type Amount = z.infer<typeof Amount>;

/** A time in RFC 3339 format, in UTC, with microseconds. */
export const Instant = z.iso
  .datetime({ error: 'must be like 2026-01-08T10:18:24.372261Z' })
  .regex(
    /^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z$/,
    'must be like 2026-01-08T10:18:24.372261Z',
  );
export type Instant = z.infer<typeof Instant>;

/** The conversions of an iteration for one goal. */
export const GoalEntry = z.object({
  /** The goal's id in Tune; null for conversions without a goal. */
  goalReferenceId: z.string().max(256).nullable(),
  conversions: Count,
  payout: Amount,
});
export type GoalEntry = z.infer<typeof GoalEntry>;

/** The totals of an iteration since it started. */
export const IterationMetrics = z.object({
  iterationId: Id,
  /** The iteration's strategy. */
  strategyId: Id,
  /** The number of the build. Later builds have higher numbers. */
  version: z.number().int().gte(1).lte(9007199254740991),
  /** Clicks while the iteration was live. */
  clicks: Count,
  /** Conversions of those clicks, at any time. */
  conversions: Count,
  /** The sum of the payouts of those conversions. A missing payout counts as 0. */
  payout: Amount,
  /** Time of the first conversion; null if there is none. */
  firstConversionAt: Instant.nullable(),
  /** Time of the last conversion; null if there is none. */
  lastConversionAt: Instant.nullable(),
  /** The conversions and payouts by goal, ordered by goal id with null last, each goal once. They add up to `conversions` and `payout`. Empty if there are no conversions. */
  byGoal: z.array(GoalEntry),
});
export type IterationMetrics = z.infer<typeof IterationMetrics>;

/** A request. `runId`, `build` and `asOf` identify its origin for people; they have no effect on the result. */
export const MetricsPush = z.object({
  /** The id of the push run; the query `pushRun` of the attribution API shows it. */
  runId: z.string().min(1).max(200),
  /** The id of the warehouse build that the values come from. */
  build: z.string().min(1).max(200),
  /** The time of the build. Clicks at or after it are not counted. */
  asOf: Instant,
  /** The rows, at most one per iteration. */
  metrics: z.array(IterationMetrics).min(1).max(1000),
});
export type MetricsPush = z.infer<typeof MetricsPush>;

/** The result for one row. */
export const RowOutcome = z.object({
  iterationId: Id,
  /**
   * - `accepted`: AdSuite holds these values under this version.
   * - `stale`: AdSuite holds a higher version; the row was not applied.
   * - `rejected`: not applied, and a retry would not help; `code` gives the reason.
   *
   */
  status: z.enum(['accepted', 'stale', 'rejected']),
  /** The reason, for programs, in capitals. Known codes are NEWER_VERSION (with stale), VERSION_CONFLICT, UNKNOWN_ITERATION and INCONSISTENT_VALUES (with rejected). Expected with `rejected`. UNKNOWN_ITERATION says that the receiver does not have the iteration, for example because it was deleted there. The sender stops sending zeros for it. It keeps sending other values, and reports the failure once, and again if the iteration had no values meanwhile. */
  code: z.string().min(1).max(100).optional(),
  /** The reason, for people. It is shown with the row's receipt. */
  message: z.string().max(1000).optional(),
});
export type RowOutcome = z.infer<typeof RowOutcome>;

/** One result for each row of the request, in any order. A row without a result counts as not answered and is sent again. */
export const MetricsPushAnswer = z.object({
  /** The results. */
  results: z.array(RowOutcome),
});
export type MetricsPushAnswer = z.infer<typeof MetricsPushAnswer>;

/** Why a whole request was refused. */
export const Refusal = z.object({
  /** The reason, for programs, in capitals. */
  code: z.string().min(1).max(100),
  /** The reason, for people. It is shown with the run or its rows, and must not contain the token. */
  message: z.string().max(1000),
});
export type Refusal = z.infer<typeof Refusal>;

/** A page of what AdSuite holds. */
export const HeldMetricsPage = z.object({
  /** The rows as they were accepted, with their versions. */
  metrics: z.array(IterationMetrics).max(1000),
  /** Opaque cursor of the next page; null on the last page. */
  nextCursor: z.string().nullable(),
});
export type HeldMetricsPage = z.infer<typeof HeldMetricsPage>;
