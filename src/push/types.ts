/** What AdSuite is sent for one iteration: absolute totals, never increments. */
export interface MetricsValues {
  readonly clicks: number;
  readonly conversions: number;
  /** Exact decimal with four digits after the point. */
  readonly payout: string;
  /** RFC 3339, UTC, microseconds; null without conversions. */
  readonly firstConversionAt: string | null;
  readonly lastConversionAt: string | null;
  /** By goal, ordered by goalReferenceId (null last), so that equal values have equal texts. */
  readonly byGoal: readonly GoalValues[];
}

export interface GoalValues {
  readonly goalReferenceId: string | null;
  readonly conversions: number;
  readonly payout: string;
}

/** An iteration with its values in a build. */
export interface BuiltIteration {
  readonly iterationId: string;
  readonly strategyId: string;
  /** When the iteration began. AdSuite never changes it, so a difference from an earlier push is a manual edit. */
  readonly createdAt: string;
  readonly values: MetricsValues;
}

/** The build that a push sends. Its number is the version of every row: a later build has a higher one. */
export interface PushBuild {
  readonly id: string;
  readonly version: number;
  readonly asOf: string;
}

/** The iterations that a push covers; null: all. If both lists are given, an iteration must match both. */
export interface PushSelection {
  readonly iterationIds: readonly string[] | null;
  readonly strategyIds: readonly string[] | null;
  /** Also sends what AdSuite has already accepted, in case AdSuite lost it. */
  readonly resend?: boolean;
}

/** One row of a plan: an iteration whose values differ from those that AdSuite last accepted. */
export interface PlannedRow {
  readonly iterationId: string;
  readonly strategyId: string;
  readonly createdAt: string;
  /** What AdSuite accepted last; null if it was never sent this iteration. */
  readonly old: MetricsValues | null;
  readonly new: MetricsValues;
  /** Canonical texts, see `valuesText`: computed once, then compared, hashed, recorded and sent. */
  readonly oldText: string | null;
  readonly newText: string;
}

/** Sums over all iterations of the selection, for guards and for display. */
export interface PlanTotals {
  readonly iterations: number;
  /** Rows to send. */
  readonly changed: number;
  readonly oldConversions: number;
  readonly newConversions: number;
  readonly oldPayout: string;
  readonly newPayout: string;
}

/** Why a push is refused, unless it is overridden with a reason. */
export interface GuardFinding {
  readonly guard: GuardName;
  /** For display: what was found, the limit, and the variable that sets it. */
  readonly message: string;
  /** The iteration concerned; null if the finding is about the whole build. */
  readonly iterationId: string | null;
}

/** How many conversions one iteration may lose: this many percent, or this number. */
export interface ShrinkLimits {
  readonly percent: number;
  readonly minimum: number;
}

export const guardNames = [
  'BUILD_TOO_OLD',
  'MIRROR_TOO_OLD',
  'UNATTRIBUTED_SHARE_JUMPED',
  'TOTAL_JUMPED',
  'PAYOUT_JUMPED',
  'ITERATION_SHRANK',
  'CREATED_AT_EDITED',
  'DATA_QUALITY',
] as const;

export type GuardName = (typeof guardNames)[number];

export type RunState = 'RUNNING' | 'SUCCEEDED' | 'PARTIAL' | 'FAILED' | 'CANCELLED' | 'REFUSED';

/**
 * PENDING: not sent yet, or to be retried. The other states are final: ACCEPTED (AdSuite has the values), STALE (AdSuite has
 * a newer version), GONE (AdSuite does not have the iteration, so nothing is left to send), REJECTED (AdSuite refused it, with
 * a code), UNKNOWN (sent, but no answer arrived).
 */
export type RowState = 'PENDING' | 'ACCEPTED' | 'STALE' | 'GONE' | 'REJECTED' | 'UNKNOWN';

/**
 * What a run waits for before its next request: AdSuite's Retry-After, the open circuit breaker, the empty retry budget, or the
 * backoff of its batches.
 */
export const waitCauses = ['RETRY_AFTER', 'CIRCUIT_BREAKER', 'RETRY_BUDGET', 'BACKOFF'] as const;

export type WaitCause = (typeof waitCauses)[number];

/** CLOSED: requests pass. OPEN: none passes. HALF_OPEN: one request at a time probes. */
export const breakerStates = ['CLOSED', 'OPEN', 'HALF_OPEN'] as const;

export type BreakerState = (typeof breakerStates)[number];

/** AdSuite's code for a row whose iteration it does not have. */
export const unknownIterationCode = 'UNKNOWN_ITERATION';

/** The most iterations that a run names as GONE although they have a click or a conversion. */
export const namedGoneIds = 3;

/** A row in the outbox. */
export interface OutboxRow {
  readonly iterationId: string;
  readonly strategyId: string;
  readonly version: number;
  /** The recorded text of its values, see `valuesText`: sent byte for byte. */
  readonly valuesText: string;
}

/** The rows of one request. They never change once sent: to split a batch, it ends and its rows move to new batches. */
export interface Batch {
  readonly runId: string;
  /** Unique in the run; lower numbers are sent first. */
  readonly number: number;
  readonly build: PushBuild;
  readonly rows: readonly OutboxRow[];
  /** Recorded attempts, including one that ended before the request was sent. */
  readonly attempts: number;
  /** True if it was attempted and no attempt can have arrived. */
  readonly isUnsent?: boolean;
}

/** AdSuite's result for one row. The client never returns GONE: see `DeliveryStore.settle`. */
export interface RowResult {
  readonly iterationId: string;
  readonly state: Exclude<RowState, 'PENDING'>;
  readonly code: string | null;
  readonly message: string | null;
}
