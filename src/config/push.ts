import type { z } from 'zod';
import { wholeNumber } from './variables.ts';

/** From where on a push is refused unless somebody overrides it. Percentages, percentage points and counts. */
export interface PushLimits {
  readonly unattributedPoints: number;
  readonly growthPercent: number;
  readonly shrinkPercent: number;
  readonly payoutPercent: number;
  readonly comparedFrom: number;
  readonly iterationShrinkPercent: number;
  readonly iterationShrinkMinimum: number;
}

export interface PushConfig {
  readonly limits: PushLimits;
  /** How many rows a request to AdSuite has at most. */
  readonly batchRows: number;
  /** How many requests are under way at once. */
  readonly concurrency: number;
  /** How long AdSuite may take over one. */
  readonly requestSeconds: number;
  /** The longest that a Retry-After of AdSuite's stops requests. Where it asks for more, one request per this time probes. */
  readonly retryAfterMaxMinutes: number;
  /** After this long a run gives up, and says so. */
  readonly runMinutes: number;
  /** After this long without a sign of life from the process that delivers a run, another one takes it up. */
  readonly leaseSeconds: number;
  /** For how many days a run's rows are kept after its end; null: for ever. */
  readonly keepDays: number | null;
}

const percent = (byDefault: number) => wholeNumber(0, 1_000).default(byDefault);
const count = (byDefault: number) => wholeNumber(0, 999_999_999).default(byDefault);

export const pushVariables = {
  PUSH_UNATTRIBUTED_POINTS: percent(10).describe(
    'Guard: maximum growth of the share of conversions without an iteration, in percentage points.',
  ),
  PUSH_GROWTH_PERCENT: percent(50).describe('Guard: maximum growth of the number of conversions, in percent.'),
  PUSH_SHRINK_PERCENT: percent(10).describe('Guard: maximum decrease of the number of conversions, in percent.'),
  PUSH_PAYOUT_PERCENT: percent(50).describe(
    'Guard: maximum change of the average payout of a conversion, in percent of the smaller average.',
  ),
  PUSH_COMPARED_FROM: count(100).describe(
    'Guard: a previous push with fewer conversions than this is not compared with.',
  ),
  PUSH_ITERATION_SHRINK_PERCENT: percent(50).describe(
    'Guard: maximum decrease of the conversions of one iteration, in percent, …',
  ),
  PUSH_ITERATION_SHRINK_MINIMUM: count(20).describe('… if it loses more conversions than this.'),
  PUSH_BATCH_ROWS: wholeNumber(1, 1_000).default(500).describe('Maximum number of rows per request to AdSuite.'),
  PUSH_CONCURRENCY: wholeNumber(1, 32).default(4).describe('Maximum number of requests to AdSuite at the same time.'),
  PUSH_REQUEST_SECONDS: wholeNumber(1, 300).default(30).describe('Time-out of one request to AdSuite, in seconds.'),
  PUSH_RETRY_AFTER_MAX_MINUTES: wholeNumber(1, 1_440)
    .default(15)
    .describe(
      'Longest pause for a `Retry-After` of AdSuite, in minutes. If AdSuite asks for more, one request per this time probes.',
    ),
  PUSH_RUN_MINUTES: wholeNumber(1, 1_440)
    .default(60)
    .describe('Maximum duration of a run, in minutes. Rows that are not accepted by then stay for `retryPush`.'),
  PUSH_LEASE_SECONDS: wholeNumber(1, 600)
    .default(30)
    .describe(
      'How long a run stays with a process that does not respond, in seconds. Then another process takes it over.',
    ),
  PUSH_KEEP_DAYS: wholeNumber(1, 36_500).optional().meta({
    description: 'How many days the rows of a finished run are kept. Runs and receipts are always kept.',
    unset: 'forever',
  }),
};

type Read = z.output<z.ZodObject<typeof pushVariables>>;

export function pushConfig(read: Read): PushConfig {
  return {
    limits: {
      unattributedPoints: read.PUSH_UNATTRIBUTED_POINTS,
      growthPercent: read.PUSH_GROWTH_PERCENT,
      shrinkPercent: read.PUSH_SHRINK_PERCENT,
      payoutPercent: read.PUSH_PAYOUT_PERCENT,
      comparedFrom: read.PUSH_COMPARED_FROM,
      iterationShrinkPercent: read.PUSH_ITERATION_SHRINK_PERCENT,
      iterationShrinkMinimum: read.PUSH_ITERATION_SHRINK_MINIMUM,
    },
    batchRows: read.PUSH_BATCH_ROWS,
    concurrency: read.PUSH_CONCURRENCY,
    requestSeconds: read.PUSH_REQUEST_SECONDS,
    retryAfterMaxMinutes: read.PUSH_RETRY_AFTER_MAX_MINUTES,
    runMinutes: read.PUSH_RUN_MINUTES,
    leaseSeconds: read.PUSH_LEASE_SECONDS,
    keepDays: read.PUSH_KEEP_DAYS ?? null,
  };
}
