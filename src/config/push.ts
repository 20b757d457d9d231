import { z } from 'zod';
import { wholeNumber } from './variables.ts';

/** Limits of the guards. A push that exceeds one is refused unless it is overridden; the limit itself is accepted. */
export interface GuardLimits {
  /** Maximum age of the build, in minutes since its asOf. */
  readonly buildMinutes: number;
  /** Maximum age of the mirror of AdSuite's tables that the build was made from, in minutes. */
  readonly mirrorMinutes: number;
  /** Maximum growth of the share of conversions without an iteration, in percentage points. A smaller share is accepted. */
  readonly unattributedPoints: number;
  /** Maximum growth of the number of conversions, in percent. */
  readonly growthPercent: number;
  /** Maximum decrease of the number of conversions, in percent. */
  readonly shrinkPercent: number;
  /** Maximum change of the average payout of a conversion, in percent of the smaller of the two averages. */
  readonly payoutPercent: number;
  /** Minimum number of conversions of the previous push; with fewer, builds are not compared. */
  readonly comparedFrom: number;
  /** Maximum decrease of the conversions of one iteration, in percent … */
  readonly iterationShrinkPercent: number;
  /** … if it loses more conversions than this. */
  readonly iterationShrinkMinimum: number;
}

/** Limits of a delivery: requests, retries, time. Memory grows with `concurrency`. */
export interface DeliveryLimits {
  /** Batches sent at the same time, each in one request. */
  readonly concurrency: number;
  /**
   * Maximum number of attempts per batch, counted across workers. After that its rows end UNKNOWN. A batch that
   * can't have arrived in any attempt is retried until the run's time limit, so that an outage loses no rows.
   */
  readonly attempts: number;
  /** Exponential backoff with full jitter. */
  readonly backoff: {
    /** Maximum wait after the first failure. It doubles with each further failure. */
    readonly baseMilliseconds: number;
    /** Upper bound of every wait, except for a Retry-After (`retryAfterMaxMilliseconds`). */
    readonly capMilliseconds: number;
  };
  /** Token bucket. A request that repeats another, or comes from splitting one, takes a token; without tokens nothing is sent. */
  readonly retryBudget: {
    /** Initial and maximum number of tokens. */
    readonly tokens: number;
    /** Tokens added per second. */
    readonly perSecond: number;
    /** Tokens added per request that AdSuite answers with row results; may be a fraction. */
    readonly perAnswer: number;
  };
  readonly breaker: {
    /** Consecutive failures, across batches, that open the circuit breaker. */
    readonly failures: number;
    /** How long it stays open at first. Then one request probes; each failed probe doubles the time. */
    readonly openMilliseconds: number;
    readonly capMilliseconds: number;
  };
  /** Longest pause for a Retry-After. If AdSuite requests more, a probe is sent each time this has passed. */
  readonly retryAfterMaxMilliseconds: number;
  /** Maximum age of a run, counted from its start across all workers. */
  readonly runMilliseconds: number;
  /** Lifetime of a worker's lease on a run. It is renewed after a third of it. */
  readonly leaseMilliseconds: number;
  /** How often a waiting worker checks whether its run was cancelled. */
  readonly checkMilliseconds: number;
  /** How often an idle worker looks for runs to deliver. */
  readonly pollMilliseconds: number;
  /** How long a stopping worker waits for requests in flight. */
  readonly graceMilliseconds: number;
}

export interface PushConfig {
  /** The limits of age are set with the other limits of age: see `guardVariables`. */
  readonly limits: Omit<GuardLimits, 'buildMinutes' | 'mirrorMinutes'>;
  readonly delivery: DeliveryLimits;
  /** Maximum number of rows per request to AdSuite. */
  readonly batchRows: number;
  /** Timeout of one request to AdSuite. */
  readonly requestSeconds: number;
  /** How many days the rows of a finished run are kept; null: forever. */
  readonly keepDays: number | null;
}

/** The variable that sets each limit of the guards. Findings name it. */
export const guardVariables = {
  buildMinutes: 'BUILD_STALE_AFTER_MINUTES',
  mirrorMinutes: 'MIRROR_STALE_AFTER_MINUTES',
  unattributedPoints: 'PUSH_UNATTRIBUTED_POINTS',
  growthPercent: 'PUSH_GROWTH_PERCENT',
  shrinkPercent: 'PUSH_SHRINK_PERCENT',
  payoutPercent: 'PUSH_PAYOUT_PERCENT',
  comparedFrom: 'PUSH_COMPARED_FROM',
  iterationShrinkPercent: 'PUSH_ITERATION_SHRINK_PERCENT',
  iterationShrinkMinimum: 'PUSH_ITERATION_SHRINK_MINIMUM',
} as const satisfies Readonly<Record<keyof GuardLimits, string>>;

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
    'Guard: minimum number of conversions of the previous push; with fewer, builds are not compared.',
  ),
  PUSH_ITERATION_SHRINK_PERCENT: percent(50).describe(
    'Guard: maximum decrease of the conversions of one iteration, in percent.',
  ),
  PUSH_ITERATION_SHRINK_MINIMUM: count(20).describe('Guard: an iteration may always lose this many conversions.'),
  PUSH_BATCH_ROWS: wholeNumber(1, 1_000).default(500).describe('Maximum number of rows per request to AdSuite.'),
  PUSH_CONCURRENCY: wholeNumber(1, 32).default(4).describe('Maximum number of requests to AdSuite at the same time.'),
  PUSH_REQUEST_SECONDS: wholeNumber(1, 300).default(30).describe('Timeout of one request to AdSuite, in seconds.'),
  // Twenty attempts take about seven minutes, so an outage of a few minutes costs no row.
  PUSH_RETRY_ATTEMPTS: wholeNumber(1, 1_000)
    .default(20)
    .describe('Maximum number of attempts per batch. After that its rows end `UNKNOWN`.'),
  PUSH_RETRY_BASE_MILLISECONDS: wholeNumber(1, 60_000)
    .default(500)
    .describe(
      'Maximum wait after the first failure of a batch, in milliseconds. It doubles with each further failure.',
    ),
  PUSH_RETRY_MAX_SECONDS: wholeNumber(1, 3_600)
    .default(60)
    .describe('Maximum wait between two attempts of a batch, in seconds. A `Retry-After` may be longer.'),
  PUSH_RETRY_AFTER_MAX_MINUTES: wholeNumber(1, 1_440)
    .default(15)
    .describe(
      'Longest pause for a `Retry-After` of AdSuite, in minutes. If AdSuite requests more, a probe is sent each time this has passed.',
    ),
  PUSH_RETRY_BUDGET: wholeNumber(1, 100_000)
    .default(100)
    .describe('Retry budget, in requests. Each retry takes one; without budget nothing is sent.'),
  PUSH_RETRY_BUDGET_PER_SECOND: wholeNumber(1, 1_000)
    .default(2)
    .describe('How many requests the retry budget regains per second.'),
  PUSH_RETRY_BUDGET_PER_100_ANSWERS: wholeNumber(0, 1_000)
    .default(20)
    .describe('How many requests the retry budget regains per 100 requests that AdSuite answers.'),
  PUSH_BREAKER_FAILURES: wholeNumber(1, 1_000)
    .default(8)
    .describe('Consecutive failures, across batches, that open the circuit breaker.'),
  PUSH_BREAKER_SECONDS: wholeNumber(1, 3_600)
    .default(5)
    .describe(
      'How long the circuit breaker opens at first, in seconds. It doubles with each failed probe. At most `PUSH_BREAKER_MAX_SECONDS`.',
    ),
  PUSH_BREAKER_MAX_SECONDS: wholeNumber(1, 3_600)
    .default(60)
    .describe('How long the circuit breaker opens at most, in seconds.'),
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

/** Not configurable. */
const checkMilliseconds = 1_000;
const longestPollMilliseconds = 5_000;
const graceMilliseconds = 10_000;

type Read = z.output<z.ZodObject<typeof pushVariables>>;

/** @param faults gets a fault if limits contradict each other. */
export function pushConfig(read: Read, faults: string[]): PushConfig {
  if (read.PUSH_BREAKER_SECONDS > read.PUSH_BREAKER_MAX_SECONDS) {
    faults.push('PUSH_BREAKER_SECONDS is longer than PUSH_BREAKER_MAX_SECONDS; decrease the one or increase the other');
  }
  if (read.PUSH_RETRY_BASE_MILLISECONDS > read.PUSH_RETRY_MAX_SECONDS * 1000) {
    faults.push(
      'PUSH_RETRY_BASE_MILLISECONDS is longer than PUSH_RETRY_MAX_SECONDS; decrease the one or increase the other',
    );
  }
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
    delivery: deliveryLimits(read),
    batchRows: read.PUSH_BATCH_ROWS,
    requestSeconds: read.PUSH_REQUEST_SECONDS,
    keepDays: read.PUSH_KEEP_DAYS ?? null,
  };
}

function deliveryLimits(read: Read): DeliveryLimits {
  const leaseMilliseconds = read.PUSH_LEASE_SECONDS * 1000;
  return {
    concurrency: read.PUSH_CONCURRENCY,
    attempts: read.PUSH_RETRY_ATTEMPTS,
    backoff: {
      baseMilliseconds: read.PUSH_RETRY_BASE_MILLISECONDS,
      capMilliseconds: read.PUSH_RETRY_MAX_SECONDS * 1000,
    },
    retryBudget: {
      tokens: read.PUSH_RETRY_BUDGET,
      perSecond: read.PUSH_RETRY_BUDGET_PER_SECOND,
      perAnswer: read.PUSH_RETRY_BUDGET_PER_100_ANSWERS / 100,
    },
    breaker: {
      failures: read.PUSH_BREAKER_FAILURES,
      openMilliseconds: read.PUSH_BREAKER_SECONDS * 1000,
      capMilliseconds: read.PUSH_BREAKER_MAX_SECONDS * 1000,
    },
    retryAfterMaxMilliseconds: read.PUSH_RETRY_AFTER_MAX_MINUTES * 60_000,
    runMilliseconds: read.PUSH_RUN_MINUTES * 60_000,
    leaseMilliseconds,
    checkMilliseconds,
    // With short leases, workers look for runs more often, so that they take over a run soon.
    pollMilliseconds: Math.min(longestPollMilliseconds, leaseMilliseconds),
    graceMilliseconds,
  };
}

const defaults = pushConfig(z.object(pushVariables).parse({}), []);

/** The limits of a service whose environment sets none. */
export const defaultGuardLimits = defaults.limits;
export const defaultDeliveryLimits = defaults.delivery;
