/** What bounds a delivery: in requests, in time, in memory. */
export interface DeliveryLimits {
  /** Batches in hand at a time, and so requests in flight; memory grows with it. */
  readonly concurrency: number;
  /**
   * How often a batch is sent, by whichever workers, before its rows end UNKNOWN. One of which certainly nothing has arrived
   * is sent as long as the run may take: an outage is no reason to leave it behind.
   */
  readonly attempts: number;
  readonly backoff: {
    /** The wait after the first failure is at most this, after each further one at most twice as long. */
    readonly baseMilliseconds: number;
    /** No wait is longer, unless AdSuite asks for it (`retryAfterMaxMilliseconds`). */
    readonly capMilliseconds: number;
  };
  /** Tokens: each request that repeats another, or comes of cutting one up, takes one. While none are left, nothing is sent. */
  readonly retryBudget: {
    /** At the beginning, and at most. */
    readonly tokens: number;
    /** New ones, as time goes by. */
    readonly perSecond: number;
    /** New ones with each answer about rows; may be a fraction. */
    readonly perAnswer: number;
  };
  readonly breaker: {
    /** So many failures in a row, over all batches, and nothing is sent for a while; then a single request tries. */
    readonly failures: number;
    /** The first while. After each try that fails it is twice as long. */
    readonly openMilliseconds: number;
    readonly capMilliseconds: number;
  };
  /** The longest that a Retry-After stops requests. Where AdSuite asks for more, one request per this time probes. */
  readonly retryAfterMaxMilliseconds: number;
  /** How old a run may get. Counted from its beginning, through all workers that had it. */
  readonly runMilliseconds: number;
  /** How long a run stays with a worker that is not heard of; it is renewed when a third of it is over. */
  readonly leaseMilliseconds: number;
  /** How often a worker that waits looks whether its run was cancelled. */
  readonly checkMilliseconds: number;
  /** How often a worker without a run looks for one that another has left behind. */
  readonly pollMilliseconds: number;
  /** How long stopping waits for the answers to what is in flight. */
  readonly graceMilliseconds: number;
}

/**
 * Twenty attempts take about seven minutes, so that an outage of some minutes costs no row. A thousand rows a batch, a second
 * each, four at a time: a million rows take four minutes.
 */
export const defaultLimits: DeliveryLimits = {
  concurrency: 4,
  attempts: 20,
  backoff: { baseMilliseconds: 500, capMilliseconds: 60_000 },
  retryBudget: { tokens: 100, perSecond: 2, perAnswer: 0.2 },
  breaker: { failures: 8, openMilliseconds: 5_000, capMilliseconds: 60_000 },
  retryAfterMaxMilliseconds: 15 * 60_000,
  runMilliseconds: 30 * 60_000,
  leaseMilliseconds: 30_000,
  checkMilliseconds: 1_000,
  pollMilliseconds: 5_000,
  graceMilliseconds: 10_000,
};
