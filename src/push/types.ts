/** What AdSuite is told of one iteration: absolute totals, never increments. */
export interface MetricsValues {
  readonly clicks: number;
  readonly conversions: number;
  /** Exact decimal with four digits after the point. */
  readonly payout: string;
  /** RFC 3339, UTC, microseconds; null without conversions. */
  readonly firstConversionAt: string | null;
  readonly lastConversionAt: string | null;
  /** By goal, ordered by goalReferenceId (null last), so that equal values are equal texts. */
  readonly byGoal: readonly GoalValues[];
}

export interface GoalValues {
  readonly goalReferenceId: string | null;
  readonly conversions: number;
  readonly payout: string;
}

/** One iteration's values as a build has them. */
export interface IterationMetrics {
  readonly iterationId: string;
  readonly strategyId: string;
  /** When the iteration began, as the build has it: sealed in AdSuite, so a change is an edit that somebody made. */
  readonly createdAt: string;
  readonly values: MetricsValues;
}

/** The build that a push is made of. Its number is the version of every row: a later build has a higher one. */
export interface PushBuild {
  readonly id: string;
  readonly version: number;
  readonly asOf: string;
}

/** Which iterations a push is about; null: all. Both given: those that fit both. */
export interface PushSelection {
  readonly iterationIds: readonly string[] | null;
  readonly strategyIds: readonly string[] | null;
  /** Also what AdSuite accepted already, in case that it lost it. */
  readonly resend?: boolean;
}

/** One line of a plan: an iteration whose values differ from those that AdSuite last accepted. */
export interface PlannedRow {
  readonly iterationId: string;
  readonly strategyId: string;
  readonly createdAt: string;
  /** What AdSuite accepted last; null: it was never told of this iteration. */
  readonly old: MetricsValues | null;
  readonly new: MetricsValues;
  /** Their texts, see `valuesText`: made once, to be compared, hashed, recorded and sent. */
  readonly oldText: string | null;
  readonly newText: string;
}

/** Sums over all iterations of the selection, for guards and for people. */
export interface PlanTotals {
  readonly iterations: number;
  /** Rows to send. */
  readonly changed: number;
  readonly oldConversions: number;
  readonly newConversions: number;
  readonly oldPayout: string;
  readonly newPayout: string;
}

/** Why a push is refused, unless somebody overrides it with a reason. */
export interface GuardFinding {
  readonly guard: GuardName;
  /** For a person: what was found, the limit, and where it is set. */
  readonly message: string;
  /** The iteration that it is about, where it is about one. */
  readonly iterationId: string | null;
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

export const pushStates = ['RUNNING', 'SUCCEEDED', 'PARTIAL', 'FAILED', 'CANCELLED', 'REFUSED'] as const;

export type PushState = (typeof pushStates)[number];

/**
 * The life of a row. PENDING: not sent yet, or sent and to be sent again. The others are ends: ACCEPTED (AdSuite has it),
 * STALE (AdSuite has a newer version), REJECTED (AdSuite says no, with a code), UNKNOWN (sent, and no answer came).
 */
export const rowStates = ['PENDING', 'ACCEPTED', 'STALE', 'REJECTED', 'UNKNOWN'] as const;

export type RowState = (typeof rowStates)[number];

/** A row as it stands in the outbox. */
export interface OutboxRow {
  readonly iterationId: string;
  readonly strategyId: string;
  readonly version: number;
  /** The text of its values as it was recorded, see `valuesText`: what is sent, byte by byte. */
  readonly valuesText: string;
}

/**
 * What is sent in one request. Its content never changes once it was sent; a batch that has to be cut up ends, and its
 * rows go on in new ones.
 */
export interface Batch {
  readonly runId: string;
  /** Unique in the run; lower ones are sent first. */
  readonly number: number;
  readonly build: PushBuild;
  readonly rows: readonly OutboxRow[];
  /** How many times it was sent, or was about to be. */
  readonly attempts: number;
  /** True where it was sent and it is certain that none of the attempts arrived. */
  readonly isUnsent?: boolean;
}

/** AdSuite's word on one row. */
export interface RowResult {
  readonly iterationId: string;
  readonly state: Exclude<RowState, 'PENDING'>;
  readonly code: string | null;
  readonly message: string | null;
}
