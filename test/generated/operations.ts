/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** How the iteration of an attributed conversion was determined. */
export type AttributionMethod =
  /** By time: the iteration was live when the click happened. */
  | 'DERIVED'
  /** By id: the click names the iteration. */
  | 'EXPLICIT';

/** Whether a conversion is attributed, or why not. If several reasons apply, the first one in this order is given. */
export type AttributionStatus =
  /** The conversion belongs to an iteration. */
  | 'ATTRIBUTED'
  /** The click happened before the strategy's first iteration began. */
  | 'BEFORE_FIRST_ITERATION'
  /** The click has no campaign id, or AdGem does not list the campaign. */
  | 'CAMPAIGN_NOT_FOUND'
  /** The campaign has no offer (adaction_id is empty). */
  | 'CAMPAIGN_WITHOUT_OFFER'
  /** The click happened at or after the `asOf` of the build. A later build attributes it. */
  | 'CLICK_AFTER_BUILD'
  /** No click has the event's click id. The click may still arrive. */
  | 'CLICK_NOT_FOUND'
  /** The event has no click id. */
  | 'NO_CLICK_ID'
  /** The strategy has no iterations. */
  | 'NO_ITERATIONS'
  /** Several strategies share the offer, so the strategy is ambiguous. */
  | 'SHARED_OFFER'
  /** No strategy has the campaign's offer. If a strategy gets its tune_offer_id later, the next build attributes the conversion. */
  | 'STRATEGY_NOT_FOUND';

/** State of the circuit breaker of requests to AdSuite. */
export type CircuitBreakerState =
  /** Requests are sent. */
  | 'CLOSED'
  /** One request is in flight as a probe. If AdSuite answers it, the breaker closes; if not, it opens for longer. */
  | 'HALF_OPEN'
  /** AdSuite failed repeatedly, so no request is sent for some time. */
  | 'OPEN';

/** Conditions on conversions, combined with AND. An omitted or null condition is ignored; an empty list matches nothing. A list may have at most 1000 values. */
export type ConversionFilter = {
  /** In seconds, 0 or more: only attributed conversions whose click happened at most this long after their iteration began. Finds clicks during a switch of configurations, whose attribution deserves a second look. */
  boundaryWithin?: number | null | undefined;
  /** Ids of AdGem campaigns. */
  campaignIds?: Array<string> | null | undefined;
  /** Click ids in the events. */
  clickIds?: Array<string> | null | undefined;
  /** When the click happened. If bounded, excludes conversions without a click. */
  clickedBetween?: InstantRange | null | undefined;
  /** When the goal was completed. */
  convertedBetween?: InstantRange | null | undefined;
  /** Ids of goals in Tune. */
  goalReferenceIds?: Array<string> | null | undefined;
  /** Ids of events. */
  ids?: Array<string> | null | undefined;
  /** Ids of iterations. Matches attributed conversions only. */
  iterationIds?: Array<string> | null | undefined;
  /** How the iteration was determined. Matches attributed conversions only. */
  method?: AttributionMethod | null | undefined;
  /** Statuses: attributed, or unattributed for one of these reasons. */
  status?: Array<AttributionStatus> | null | undefined;
  /** Ids of strategies. Also matches unattributed conversions whose strategy is known; add `status: [ATTRIBUTED]` to exclude them. */
  strategyIds?: Array<string> | null | undefined;
};

/** Sort order of conversions. */
export type ConversionOrder = {
  /** Sort direction. */
  direction?: SortDirection | null | undefined;
  /** Field to sort by. */
  field: ConversionOrderField;
};

/** Fields that conversions can be sorted by. */
export type ConversionOrderField =
  /** Time of the click. */
  | 'CLICKED_AT'
  /** Time of the conversion. */
  | 'CONVERTED_AT'
  /** Event id, as text. */
  | 'ID'
  /** Time at which the event was loaded into the warehouse. */
  | 'LOADED_AT'
  /** Payout. */
  | 'PAYOUT';

/** Checks of the data behind a build. */
export type DataQualityCheck =
  /** Conversions whose last attribution was to the iteration are attributed to none now: more than lost_percent of them, and more than lost_minimum. A push would lower its totals in AdSuite. The detail has the causes. Restore the clicks, campaigns, strategies or events at the source. If the change is intended, add it to accepted_iterations (docs/attribution.md) and build again. */
  | 'ATTRIBUTION_LOST'
  /** The same, for fewer conversions. The push lowers its totals in AdSuite. Find out why the source no longer has these rows, before the loss grows. The detail has the causes. */
  | 'ATTRIBUTION_LOST_FEW'
  /** Several rows have this campaign id, with different offers. Attribution uses the lowest offer id. Correct the load of campaigns from AdGem: it must deliver one row per campaign. */
  | 'CAMPAIGN_CONFLICT'
  /** The iteration begins within a quarter-hour whose clicks were counted before that was known, and the source now has other clicks of it (some were deleted, or arrived after the look-back): those that were counted count for the iteration that was live when the quarter-hour began. Conversions are not affected. Restore the clicks at the source and build again, or keep clicks longer than iterations are edited. */
  | 'CLICKS_NOT_DIVIDED'
  /** The click is later than its conversion. It is still attributed by the time of the click. Check the clocks of the systems that send clicks and events. */
  | 'CLICK_AFTER_CONVERSION'
  /** Copies of a conversion's click name different campaigns or iterations, or their times differ by more than a second. Attribution uses the earliest time, and the campaign and iteration of the earliest copy that names one. Contact the sender of the clicks. */
  | 'CLICK_CONFLICT'
  /** The time of a copy of the click is before 2000 or after 2099. That copy is ignored. Correct the units or clock of the sender, and send the click again. */
  | 'CLICK_TIME_OUT_OF_RANGE'
  /** created_at has changed since the iteration was first seen, which moves conversions between iterations. Restore the original created_at in AdSuite. If the change is intended, add it to accepted_iterations (docs/attribution.md) and build again. If the iteration was pushed with the edited value, the guard CREATED_AT_EDITED also refuses the next push: override it once. */
  | 'CREATED_AT_EDITED'
  /** Copies of the event have the same loaded_at, or no valid one, but differ, so none of them is the newest. Attribution uses the one with the latest time, then the lowest values. Send the event again with the correct values: the copy that is loaded last counts. */
  | 'EVENT_CONFLICT'
  /** A time of the event is before 2000 or after 2099. Without a valid time of its own, the event is ignored; without a valid loaded_at, it counts as loaded when it happened. Builds report new events only. Correct the units or clock of the sender, and send the event again. */
  | 'EVENT_TIME_OUT_OF_RANGE'
  /** Clicks of conversions name this iteration, which does not exist. They are attributed by their time. Contact the sender of the clicks. */
  | 'EXPLICIT_ITERATION_NOT_FOUND'
  /** The conversion or its click is later than the build. Check the clocks of the systems that send clicks and events. */
  | 'IN_THE_FUTURE'
  /** The next iteration of the strategy began at the same instant, so this one was never live. No action is needed, unless this iteration was meant to be live: then correct its created_at in AdSuite. */
  | 'ITERATIONS_BEGIN_TOGETHER'
  /** Several rows have this iteration id, with different created_at or strategies. Attribution uses the earliest, then the lowest strategy id. Delete the wrong row in AdSuite, or find out how it got into the mirror. */
  | 'ITERATION_CONFLICT'
  /** The iteration no longer exists in AdSuite. Its conversions now count for the preceding iteration, or for none if there is none. Restore it in AdSuite. If the change is intended, add it to accepted_iterations (docs/attribution.md) and build again. */
  | 'ITERATION_GONE'
  /** created_at of the iteration is before 2000 or after 2099, in all of its rows. The iteration is ignored, so its conversions count for the preceding iteration. Correct created_at in AdSuite. */
  | 'ITERATION_TIME_OUT_OF_RANGE'
  /** The iteration's strategy does not exist, so only clicks that name the iteration are attributed to it. Restore the strategy in AdSuite, or correct the strategy of the iteration. */
  | 'ITERATION_WITHOUT_STRATEGY'
  /** loaded_at of some rows is more than an hour later than the start of the build. They do not count as new data until that time has come, and any other copy of an event is used instead of such a copy. Correct the clock of the loader, and loaded_at of these rows. */
  | 'LOADED_IN_THE_FUTURE'
  /** The payout is negative. It is included in the sums. Contact the sender of the events. */
  | 'NEGATIVE_PAYOUT'
  /** The payout is NaN or infinite. The conversion counts, without a payout. Send the event again with the correct payout. */
  | 'PAYOUT_NOT_A_NUMBER'
  /** Rows of the table lack a required id, time or strategy, or are copies of an iteration whose time is out of range. They are ignored. Correct these rows in the system that they come from. */
  | 'ROWS_WITHOUT_KEY'
  /** Several strategies use this offer, so its clicks are not attributed by their time. Leave the offer to one strategy in AdSuite. */
  | 'SHARED_OFFER'
  /** Several rows have this strategy id, with different offers. Attribution uses the earliest, then the lowest offer id. Delete the wrong row in AdSuite, or find out how it got into the mirror. */
  | 'STRATEGY_CONFLICT'
  /** The iteration has moved to another strategy since it was first seen, which moves conversions between iterations of both strategies. Restore the original strategy in AdSuite. If the change is intended, add it to accepted_iterations (docs/attribution.md) and build again. */
  | 'STRATEGY_OF_ITERATION_EDITED'
  /** created_at of the strategy is before 2000 or after 2099. The service returns the nearest valid time. Attribution does not use it. Correct created_at in AdSuite. */
  | 'STRATEGY_TIME_OUT_OF_RANGE';

/** Kind of a subject, and so of its id. */
export type DataQualitySubjectKind =
  /** A campaign in AdGem. */
  | 'CAMPAIGN'
  /** A click. */
  | 'CLICK'
  /** A conversion. */
  | 'CONVERSION'
  /** An iteration in AdSuite. It may not exist. */
  | 'ITERATION'
  /** An offer in Tune. */
  | 'OFFER'
  /** A strategy in AdSuite. */
  | 'STRATEGY'
  /** A warehouse table, by name. */
  | 'TABLE';

/** Half-open time range: `from` <= t < `to`. An omitted or null bound is unlimited. */
export type InstantRange = {
  /** Inclusive lower bound. */
  from?: string | null | undefined;
  /** Exclusive upper bound. It must not be before `from`. */
  to?: string | null | undefined;
};

/** Conditions on iterations, combined with AND. An omitted or null condition is ignored; an empty list matches nothing. A list may have at most 1000 values. */
export type IterationFilter = {
  /** Only iterations that were live at this instant: `createdAt` <= `activeAt` < `endedAt`. */
  activeAt?: string | null | undefined;
  /** When the iteration began. */
  createdBetween?: InstantRange | null | undefined;
  /** Ids of iterations in AdSuite. */
  ids?: Array<string> | null | undefined;
  /** True: only the last iteration of each strategy. False: only ended iterations. */
  isCurrent?: boolean | null | undefined;
  /** Substring of the name, in capital or small letters; at most 200 characters. */
  nameContains?: string | null | undefined;
  /** Ids of the strategies the iterations belong to. */
  strategyIds?: Array<string> | null | undefined;
};

/** Sort order of iterations. */
export type IterationOrder = {
  /** Sort direction. */
  direction?: SortDirection | null | undefined;
  /** Field to sort by. */
  field: IterationOrderField;
};

/** Fields that iterations can be sorted by. */
export type IterationOrderField =
  /** When the iteration began. */
  | 'CREATED_AT'
  /** Iteration id, as a number. */
  | 'ID';

/** Dimensions that conversions can be grouped by. */
export type MetricDimension =
  /** AdGem campaign of the click; null if no click was found or the click has none. */
  | 'CAMPAIGN'
  /** UTC day of the conversion; never null. */
  | 'DAY'
  /** Goal in Tune; null if the event has none. */
  | 'GOAL'
  /** UTC hour of the conversion; never null. */
  | 'HOUR'
  /** Iteration; null for unattributed conversions. */
  | 'ITERATION'
  /** Attributed, or the reason why not; never null. */
  | 'STATUS'
  /** Strategy; null if it is missing or ambiguous. */
  | 'STRATEGY';

/** Sort order of groups. */
export type MetricOrder = {
  /** Sort direction. */
  direction?: SortDirection | null | undefined;
  /** Field to sort by. */
  field: MetricOrderField;
};

/** Fields that groups can be sorted by. */
export type MetricOrderField =
  /** Number of conversions. */
  | 'CONVERSIONS'
  /** Keys, in the order of `groupBy`. The only order that stays stable when a new build changes the totals. */
  | 'KEY'
  /** Sum of payouts. */
  | 'PAYOUT';

/** How the values in AdSuite differ from what was sent or built. */
export type PushDriftKind =
  /** AdSuite has other values than the newest build. The next push sends them, unless AdSuite already accepted them (then another kind applies too). */
  | 'BEHIND'
  /** AdSuite has other values than it accepted, without a newer version. To fix them: pushMetrics(input: {resend: true}). If heldVersion is the version of the newest build, wait for the next build first. */
  | 'CHANGED'
  /** AdSuite has no values, although it accepted some. To restore them: pushMetrics(input: {resend: true}). */
  | 'LOST'
  /** AdSuite has a version without a receipt: its response was lost, or another system sent it. */
  | 'UNRECEIPTED';

/** Checks before a push. A finding blocks the push unless it is overridden with a reason. */
export type PushGuard =
  /** The build is older than BUILD_STALE_AFTER_MINUTES. */
  | 'BUILD_TOO_OLD'
  /** created_at of an iteration has changed since its last push. It must never change. */
  | 'CREATED_AT_EDITED'
  /** A data quality check of severity ERROR found something in the build (see `dataQuality`), or the build was not checked. */
  | 'DATA_QUALITY'
  /** An iteration would lose conversions, and has then lost more than PUSH_ITERATION_SHRINK_PERCENT of the most that AdSuite accepted, and more than PUSH_ITERATION_SHRINK_MINIMUM conversions; or the same of clicks since the last push. */
  | 'ITERATION_SHRANK'
  /** The mirror of AdSuite is older than MIRROR_STALE_AFTER_MINUTES, or of unknown age. */
  | 'MIRROR_TOO_OLD'
  /** The average payout per conversion changed by more than PUSH_PAYOUT_PERCENT compared with the values in AdSuite. */
  | 'PAYOUT_JUMPED'
  /** The number of conversions grew by more than PUSH_GROWTH_PERCENT or shrank by more than PUSH_SHRINK_PERCENT since the last push. */
  | 'TOTAL_JUMPED'
  /** The share of unattributed conversions grew by more than PUSH_UNATTRIBUTED_POINTS percentage points since the last push. */
  | 'UNATTRIBUTED_SHARE_JUMPED';

/** What to push, and how. An empty input pushes every iteration whose values differ from those that AdSuite accepted last. */
export type PushMetricsInput = {
  /** Record the plan as a finished run and send nothing. */
  dryRun?: boolean | null | undefined;
  /** Key that makes the request safe to repeat, for example the id of a DAG run. The same key with the same input returns the same run; with other input, or from another authenticated caller, it fails with IDEMPOTENCY_KEY_REUSED. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Only these iterations; at most 1000. With strategyIds, each must be in one of those strategies. */
  iterationIds?: Array<string> | null | undefined;
  /** Send despite the findings of guards. */
  override?: PushOverrideInput | null | undefined;
  /** `planHash` of `planMetricsPush`: send exactly that plan, or fail with PLAN_CHANGED if the data has changed since. */
  planHash?: string | null | undefined;
  /** A note about who or what makes the request. An authenticated caller is recorded by its own name, and the note beside it: in `note` of a new run, and in the audit log. On a service without authentication, it is recorded as `requestedBy`. 1 to 200 characters. */
  requestedBy?: string | null | undefined;
  /** Also send values that AdSuite has already accepted, to restore those that it lost (LOST in `pushDrift`). Values that AdSuite still has do not change. */
  resend?: boolean | null | undefined;
  /** Only iterations of these strategies; at most 1000. */
  strategyIds?: Array<string> | null | undefined;
  /** Seconds to wait for the run to end before responding, 0 to 120. The run continues either way; poll `pushRun`. */
  waitSeconds?: number | null | undefined;
};

/** Sends despite the findings of guards. The reason, the requester and the time are recorded with the run. */
export type PushOverrideInput = {
  /** Why the findings are acceptable; 1 to 500 characters. */
  reason: string;
};

/** Delivery state of a row. */
export type PushRowState =
  /** AdSuite accepted it. */
  | 'ACCEPTED'
  /** AdSuite does not know the iteration (`code` UNKNOWN_ITERATION), and the row has no clicks or conversions, or that was AdSuite's previous answer about it too, to a row with some. Needs no retry: a later push sends it again if the build has metrics of it. */
  | 'GONE'
  /** Not sent yet, or waiting for a retry. In a finished run: not applied by AdSuite; `retryPush` sends it. In a REFUSED run and in a dry run: it would have been sent. */
  | 'PENDING'
  /** AdSuite rejected it; `code` and `message` are from AdSuite. */
  | 'REJECTED'
  /** AdSuite already has a newer version. */
  | 'STALE'
  /** Sent without a response. `retryPush` sends it again; nothing is counted twice. */
  | 'UNKNOWN';

/** State of a push run. */
export type PushState =
  /** Cancelled. Rows sent before that stay sent. */
  | 'CANCELLED'
  /** AdSuite accepted none of the rows. See `reason`, or `message` of the rows. */
  | 'FAILED'
  /** AdSuite accepted some of the rows. `retryPush` sends the others again. */
  | 'PARTIAL'
  /** Refused by a guard; nothing was sent. See `findings`. */
  | 'REFUSED'
  /** Being delivered. */
  | 'RUNNING'
  /** AdSuite accepted every row, has newer versions, or does not know the iteration (GONE). Also: dry runs, runs without rows, and retries superseded by a newer push. */
  | 'SUCCEEDED';

/** What a run waits for before its next request. */
export type PushWaitCause =
  /** All batches that are left failed, and wait for their retry. */
  | 'BACKOFF'
  /** The circuit breaker is open after consecutive failures. The next request is a probe. */
  | 'CIRCUIT_BREAKER'
  /** AdSuite asked to wait (Retry-After). If it asked for longer than PUSH_RETRY_AFTER_MAX_MINUTES, a probe is sent each time that has passed. */
  | 'RETRY_AFTER'
  /** The retry budget is empty, and refills by PUSH_RETRY_BUDGET_PER_SECOND. */
  | 'RETRY_BUDGET';

/** Severity of a finding. */
export type Severity =
  /** A push would send wrong metrics to AdSuite. Pushes are refused unless overridden. */
  | 'ERROR'
  /** Attribution handles it, but the source data should be checked. */
  | 'WARNING';

/** Sort direction. Nulls come last in both directions. Ties are sorted by id; groups in `metrics`, by their keys. */
export type SortDirection =
  /** Lowest or earliest first. */
  | 'ASC'
  /** Highest or latest first. */
  | 'DESC';

/** Conditions on strategies, combined with AND. An omitted or null condition is ignored; an empty list matches nothing. A list may have at most 1000 values. */
export type StrategyFilter = {
  /** When the strategy was created. */
  createdBetween?: InstantRange | null | undefined;
  /** True: only strategies with a tuneOfferId. False: only those without. */
  hasTuneOffer?: boolean | null | undefined;
  /** Ids of strategies in AdSuite. */
  ids?: Array<string> | null | undefined;
  /** Substring of the name, in capital or small letters; at most 200 characters. */
  nameContains?: string | null | undefined;
  /** Ids of offers in Tune. */
  tuneOfferIds?: Array<string> | null | undefined;
};

/** Sort order of strategies. */
export type StrategyOrder = {
  /** Sort direction. */
  direction?: SortDirection | null | undefined;
  /** Field to sort by. */
  field: StrategyOrderField;
};

/** Fields that strategies can be sorted by. */
export type StrategyOrderField =
  /** Creation time. */
  | 'CREATED_AT'
  /** Strategy id, as a number. */
  | 'ID'
  /** Name, in byte order (upper case before lower case). */
  | 'NAME';

export type DataAsOfQueryVariables = Exact<{ [key: string]: never; }>;


export type DataAsOfQuery = { dataStatus: { build: string | null, asOf: string | null, builtAt: string | null, mirrorRefreshedAt: string | null, eventsLoadedThrough: string | null, clicksLoadedThrough: string | null, lagSeconds: number | null, isStale: boolean, staleReasons: Array<string>, finalThrough: string | null } };

export type AttributedOrWhyNotQueryVariables = Exact<{
  from: string;
  to: string;
}>;


export type AttributedOrWhyNotQuery = { attributionSummary: { total: number, attributed: number, unattributed: number, reasons: Array<{ status: AttributionStatus, description: string, conversions: number }> } };

export type PayoutPerStrategyQueryVariables = Exact<{
  from: string;
  to: string;
}>;


export type PayoutPerStrategyQuery = { metrics: { totals: { conversions: number, payout: string }, nodes: Array<{ strategyId: string | null, strategy: { name: string | null, tuneOfferId: string | null } | null, metrics: { conversions: number, payout: string, clicks: number | null, conversionRate: number | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type StrategyHistoryQueryVariables = Exact<{
  strategyId: string;
}>;


export type StrategyHistoryQuery = { strategy: { id: string, name: string | null, tuneOfferId: string | null, createdAt: string, iterations: { totalCount: number, nodes: Array<{ id: string, sequence: number, name: string | null, createdAt: string, endedAt: string | null, isCurrent: boolean, metrics: { clicks: number | null, conversions: number, conversionRate: number | null, payout: string } }> } } | null };

export type BeforeAndAfterQueryVariables = Exact<{
  strategyId: string;
}>;


export type BeforeAndAfterQuery = { iterations: { nodes: Array<{ id: string, name: string | null, createdAt: string, endedAt: string | null, daily: Array<{ day: string, metrics: { clicks: number | null, conversions: number, conversionRate: number | null, payout: string } }> }> } };

export type ClicksAroundASwitchQueryVariables = Exact<{
  seconds: number;
}>;


export type ClicksAroundASwitchQuery = { conversions: { totalCount: number, nodes: Array<{ id: string, clickedAt: string | null, convertedAt: string, payout: string | null, iteration: { id: string, createdAt: string, strategy: { id: string, name: string | null } | null } | null }> } };

export type LatestConversionsQueryVariables = Exact<{ [key: string]: never; }>;


export type LatestConversionsQuery = { conversions: { nodes: Array<{ id: string, convertedAt: string, clickedAt: string | null, goalReferenceId: string | null, payout: string | null, status: AttributionStatus, method: AttributionMethod | null, strategy: { id: string, name: string | null } | null, iteration: { id: string, name: string | null, createdAt: string } | null }> } };

export type UnattributedByCampaignQueryVariables = Exact<{ [key: string]: never; }>;


export type UnattributedByCampaignQuery = { metrics: { totals: { conversions: number, payout: string }, nodes: Array<{ status: AttributionStatus | null, campaignId: string | null, metrics: { conversions: number, payout: string, lastConversionAt: string | null }, drillDown: { nodes: Array<{ id: string, clickId: string | null, convertedAt: string }> } }> } };

export type PageThroughConversionsQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
}>;


export type PageThroughConversionsQuery = { conversions: { totalCount: number, nodes: Array<{ id: string, convertedAt: string, payout: string | null, status: AttributionStatus, iteration: { id: string } | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type DataQualityQueryVariables = Exact<{ [key: string]: never; }>;


export type DataQualityQuery = { dataQuality: Array<{ check: DataQualityCheck, severity: Severity, count: number, meaning: string, cure: string, subjectKind: DataQualitySubjectKind, subjects: Array<{ id: string, detail: string | null }> }> };

export type AllSubjectsQueryVariables = Exact<{
  check: DataQualityCheck;
  build?: string | null | undefined;
  first: number;
  after?: string | null | undefined;
}>;


export type AllSubjectsQuery = { dataQualitySubjects: { build: string, count: number, nodes: Array<{ id: string, detail: string | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type PlanPushQueryVariables = Exact<{
  first: number;
}>;


export type PlanPushQuery = { planMetricsPush: { planHash: string, build: string, version: number, asOf: string, comparedWith: string, refusal: string | null, findings: Array<{ guard: PushGuard, message: string, iterationId: string | null }>, totals: { iterations: number, changed: number, oldConversions: number, newConversions: number, oldPayout: string, newPayout: string }, pageInfo: { hasNextPage: boolean, endCursor: string | null }, rows: Array<{ iterationId: string, strategyId: string, old: { clicks: number, conversions: number, payout: string } | null, new: { clicks: number, conversions: number, payout: string } }> } };

export type PushMutationVariables = Exact<{
  input: PushMetricsInput;
}>;


export type PushMutation = { pushMetrics: { id: string, state: PushState, refusal: string | null, reason: string | null, counts: { planned: number, accepted: number, stale: number, gone: number, rejected: number, unknown: number, pending: number }, progress: { settled: number, requests: number, rowsPerSecond: number | null, secondsLeft: number | null, lastFailure: string | null } } };

export type WatchPushesQueryVariables = Exact<{
  first: number;
}>;


export type WatchPushesQuery = { pushRuns: { nodes: Array<{ id: string, state: PushState, requestedBy: string, note: string | null, startedAt: string, finishedAt: string | null, version: number, refusal: string | null, reason: string | null, override: { reason: string, by: string, at: string } | null, cancelled: { by: string | null, at: string } | null, counts: { planned: number, accepted: number, stale: number, gone: number, rejected: number, unknown: number, pending: number }, progress: { settled: number, rowsPerSecond: number | null, secondsLeft: number | null, lastFailure: string | null, nextAttemptAt: string | null, waitingFor: PushWaitCause | null, circuitBreaker: CircuitBreakerState | null }, rows: { nodes: Array<{ iterationId: string, state: PushRowState, code: string | null, message: string | null }> } }> } };

export type WhatAdsuiteHoldsQueryVariables = Exact<{
  first: number;
}>;


export type WhatAdsuiteHoldsQuery = { pushDrift: { build: string, compared: number, counts: Array<{ kind: PushDriftKind, iterations: number }>, pageInfo: { hasNextPage: boolean, endCursor: string | null }, rows: Array<{ iterationId: string, kinds: Array<PushDriftKind>, heldVersion: number | null, held: { conversions: number, payout: string } | null, accepted: { conversions: number, payout: string } | null, built: { conversions: number, payout: string } | null }> } };

export type RetryPushMutationVariables = Exact<{
  runId: string;
  idempotencyKey?: string | null | undefined;
}>;


export type RetryPushMutation = { retryPush: { id: string, state: PushState, retryOf: string | null, reason: string | null, counts: { planned: number, accepted: number, stale: number, gone: number, rejected: number, unknown: number, pending: number } } };

export type CancelPushMutationVariables = Exact<{
  runId: string;
}>;


export type CancelPushMutation = { cancelPush: { id: string, state: PushState, cancelled: { by: string | null, at: string } | null, counts: { planned: number, accepted: number, unknown: number, pending: number } } };

export type ResumePushMutationVariables = Exact<{
  runId: string;
}>;


export type ResumePushMutation = { resumePush: { id: string, state: PushState, resumed: { by: string, at: string } | null, counts: { planned: number, accepted: number, pending: number }, progress: { waitingFor: PushWaitCause | null, nextAttemptAt: string | null, circuitBreaker: CircuitBreakerState | null, lastFailure: string | null } } };

export type AllConversionsQueryVariables = Exact<{
  filter?: ConversionFilter | null | undefined;
}>;


export type AllConversionsQuery = { conversions: { totalCount: number, nodes: Array<{ id: string, clickId: string | null, goalReferenceId: string | null, payout: string | null, convertedAt: string, clickedAt: string | null, loadedAt: string, campaignId: string | null, status: AttributionStatus, method: AttributionMethod | null, strategyId: string | null, iterationId: string | null, strategy: { id: string } | null, iteration: { id: string, createdAt: string, endedAt: string | null, strategyId: string } | null }> } };

export type AllIterationsQueryVariables = Exact<{
  filter?: IterationFilter | null | undefined;
}>;


export type AllIterationsQuery = { iterations: { totalCount: number, nodes: Array<{ id: string, name: string | null, strategyId: string, sequence: number, createdAt: string, endedAt: string | null, isCurrent: boolean, strategy: { id: string } | null }> } };

export type AllStrategiesQueryVariables = Exact<{
  filter?: StrategyFilter | null | undefined;
}>;


export type AllStrategiesQuery = { strategies: { totalCount: number, nodes: Array<{ id: string, name: string | null, tuneOfferId: string | null, createdAt: string, currentIteration: { id: string } | null, iterations: { totalCount: number, nodes: Array<{ id: string }> } }> } };

export type GroupedMetricsQueryVariables = Exact<{
  groupBy: Array<MetricDimension> | MetricDimension;
  filter?: ConversionFilter | null | undefined;
}>;


export type GroupedMetricsQuery = { metrics: { totalCount: number, totals: { conversions: number, payout: string, clicks: number | null, conversionRate: number | null, firstConversionAt: string | null, lastConversionAt: string | null }, nodes: Array<{ strategyId: string | null, iterationId: string | null, campaignId: string | null, goalReferenceId: string | null, status: AttributionStatus | null, day: string | null, hour: string | null, metrics: { conversions: number, payout: string, firstConversionAt: string | null, lastConversionAt: string | null, clicks: number | null, conversionRate: number | null, byGoal: Array<{ goalReferenceId: string | null, conversions: number, payout: string }> }, drillDown: { totalCount: number, nodes: Array<{ id: string }> } }> } };

export type IterationReportQueryVariables = Exact<{
  first: number;
  filter?: ConversionFilter | null | undefined;
}>;


export type IterationReportQuery = { iterations: { nodes: Array<{ id: string, strategy: { id: string, name: string | null } | null, metrics: { conversions: number, payout: string, clicks: number | null, conversionRate: number | null, byGoal: Array<{ goalReferenceId: string | null, conversions: number, payout: string }> }, daily: Array<{ day: string, metrics: { conversions: number, payout: string, clicks: number | null } }>, conversions: { totalCount: number, nodes: Array<{ id: string }> } }> } };

export type StrategyReportQueryVariables = Exact<{
  first: number;
}>;


export type StrategyReportQuery = { strategies: { nodes: Array<{ id: string, currentIteration: { id: string } | null, metrics: { conversions: number, payout: string, clicks: number | null, conversionRate: number | null, byGoal: Array<{ goalReferenceId: string | null, conversions: number }> }, iterations: { totalCount: number, nodes: Array<{ id: string, metrics: { conversions: number, clicks: number | null }, conversions: { nodes: Array<{ id: string, iteration: { id: string, strategy: { id: string } | null } | null }> } }> } }> } };

export type StatusQueryVariables = Exact<{ [key: string]: never; }>;


export type StatusQuery = { dataStatus: { build: string | null, asOf: string | null, builtAt: string | null, mirrorRefreshedAt: string | null, eventsLoadedThrough: string | null, clicksLoadedThrough: string | null, lagSeconds: number | null, isStale: boolean, staleReasons: Array<string>, finalThrough: string | null } };

export type SummaryQueryVariables = Exact<{
  filter?: ConversionFilter | null | undefined;
}>;


export type SummaryQuery = { attributionSummary: { total: number, attributed: number, unattributed: number, reasons: Array<{ status: AttributionStatus, description: string, conversions: number }> } };

export type LookQueryVariables = Exact<{
  strategyId?: string | null | undefined;
  offerId?: string | null | undefined;
  iterationId: string;
  conversionId: string;
}>;


export type LookQuery = { strategy: { id: string, tuneOfferId: string | null } | null, iteration: { id: string } | null, conversion: { id: string } | null };

export type StrategiesPageQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
  filter?: StrategyFilter | null | undefined;
  orderBy: StrategyOrder;
}>;


export type StrategiesPageQuery = { strategies: { nodes: Array<{ id: string }>, edges: Array<{ cursor: string, node: { id: string } }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };

export type IterationsPageQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
  filter?: IterationFilter | null | undefined;
  orderBy: IterationOrder;
}>;


export type IterationsPageQuery = { iterations: { nodes: Array<{ id: string }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };

export type ConversionsPageQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
  filter?: ConversionFilter | null | undefined;
  orderBy: ConversionOrder;
}>;


export type ConversionsPageQuery = { conversions: { nodes: Array<{ id: string }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };

export type MetricsPageQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
  groupBy: Array<MetricDimension> | MetricDimension;
  orderBy: MetricOrder;
}>;


export type MetricsPageQuery = { metrics: { nodes: Array<{ strategyId: string | null, iterationId: string | null, campaignId: string | null, goalReferenceId: string | null, status: AttributionStatus | null, day: string | null, hour: string | null, metrics: { conversions: number, payout: string } }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };

export type StrategyIterationsPageQueryVariables = Exact<{
  id: string;
  first: number;
  after?: string | null | undefined;
  orderBy: IterationOrder;
}>;


export type StrategyIterationsPageQuery = { strategy: { iterations: { nodes: Array<{ id: string }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } } | null };

export type IterationConversionsPageQueryVariables = Exact<{
  id: string;
  first: number;
  after?: string | null | undefined;
  orderBy: ConversionOrder;
}>;


export type IterationConversionsPageQuery = { iteration: { conversions: { nodes: Array<{ id: string }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } } | null };

export type DataQualitySubjectsPageQueryVariables = Exact<{
  check: DataQualityCheck;
  build?: string | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type DataQualitySubjectsPageQuery = { dataQualitySubjects: { build: string, count: number, totalCount: number, nodes: Array<{ id: string, detail: string | null }>, edges: Array<{ cursor: string, node: { id: string } }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };


export const DataAsOfDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"DataAsOf"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"dataStatus"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"build"}},{"kind":"Field","name":{"kind":"Name","value":"asOf"}},{"kind":"Field","name":{"kind":"Name","value":"builtAt"}},{"kind":"Field","name":{"kind":"Name","value":"mirrorRefreshedAt"}},{"kind":"Field","name":{"kind":"Name","value":"eventsLoadedThrough"}},{"kind":"Field","name":{"kind":"Name","value":"clicksLoadedThrough"}},{"kind":"Field","name":{"kind":"Name","value":"lagSeconds"}},{"kind":"Field","name":{"kind":"Name","value":"isStale"}},{"kind":"Field","name":{"kind":"Name","value":"staleReasons"}},{"kind":"Field","name":{"kind":"Name","value":"finalThrough"}}]}}]}}]} as unknown as DocumentNode<DataAsOfQuery, DataAsOfQueryVariables>;
export const AttributedOrWhyNotDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"AttributedOrWhyNot"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"from"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"DateTime"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"to"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"DateTime"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"attributionSummary"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"convertedBetween"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"from"},"value":{"kind":"Variable","name":{"kind":"Name","value":"from"}}},{"kind":"ObjectField","name":{"kind":"Name","value":"to"},"value":{"kind":"Variable","name":{"kind":"Name","value":"to"}}}]}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"total"}},{"kind":"Field","name":{"kind":"Name","value":"attributed"}},{"kind":"Field","name":{"kind":"Name","value":"unattributed"}},{"kind":"Field","name":{"kind":"Name","value":"reasons"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"conversions"}}]}}]}}]}}]} as unknown as DocumentNode<AttributedOrWhyNotQuery, AttributedOrWhyNotQueryVariables>;
export const PayoutPerStrategyDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"PayoutPerStrategy"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"from"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"DateTime"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"to"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"DateTime"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"metrics"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"groupBy"},"value":{"kind":"ListValue","values":[{"kind":"EnumValue","value":"STRATEGY"}]}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"status"},"value":{"kind":"ListValue","values":[{"kind":"EnumValue","value":"ATTRIBUTED"}]}},{"kind":"ObjectField","name":{"kind":"Name","value":"convertedBetween"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"from"},"value":{"kind":"Variable","name":{"kind":"Name","value":"from"}}},{"kind":"ObjectField","name":{"kind":"Name","value":"to"},"value":{"kind":"Variable","name":{"kind":"Name","value":"to"}}}]}}]}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"field"},"value":{"kind":"EnumValue","value":"PAYOUT"}},{"kind":"ObjectField","name":{"kind":"Name","value":"direction"},"value":{"kind":"EnumValue","value":"DESC"}}]}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"20"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totals"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"conversions"}},{"kind":"Field","name":{"kind":"Name","value":"payout"}}]}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"strategyId"}},{"kind":"Field","name":{"kind":"Name","value":"strategy"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"tuneOfferId"}}]}},{"kind":"Field","name":{"kind":"Name","value":"metrics"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"conversions"}},{"kind":"Field","name":{"kind":"Name","value":"payout"}},{"kind":"Field","name":{"kind":"Name","value":"clicks"}},{"kind":"Field","name":{"kind":"Name","value":"conversionRate"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<PayoutPerStrategyQuery, PayoutPerStrategyQueryVariables>;
export const StrategyHistoryDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"StrategyHistory"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"strategyId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"strategy"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"strategyId"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"tuneOfferId"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"iterations"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"50"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"sequence"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"endedAt"}},{"kind":"Field","name":{"kind":"Name","value":"isCurrent"}},{"kind":"Field","name":{"kind":"Name","value":"metrics"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"clicks"}},{"kind":"Field","name":{"kind":"Name","value":"conversions"}},{"kind":"Field","name":{"kind":"Name","value":"conversionRate"}},{"kind":"Field","name":{"kind":"Name","value":"payout"}}]}}]}}]}}]}}]}}]} as unknown as DocumentNode<StrategyHistoryQuery, StrategyHistoryQueryVariables>;
export const BeforeAndAfterDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"BeforeAndAfter"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"strategyId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"iterations"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"strategyIds"},"value":{"kind":"ListValue","values":[{"kind":"Variable","name":{"kind":"Name","value":"strategyId"}}]}}]}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"field"},"value":{"kind":"EnumValue","value":"CREATED_AT"}},{"kind":"ObjectField","name":{"kind":"Name","value":"direction"},"value":{"kind":"EnumValue","value":"DESC"}}]}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"2"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"endedAt"}},{"kind":"Field","name":{"kind":"Name","value":"daily"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"day"}},{"kind":"Field","name":{"kind":"Name","value":"metrics"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"clicks"}},{"kind":"Field","name":{"kind":"Name","value":"conversions"}},{"kind":"Field","name":{"kind":"Name","value":"conversionRate"}},{"kind":"Field","name":{"kind":"Name","value":"payout"}}]}}]}}]}}]}}]}}]} as unknown as DocumentNode<BeforeAndAfterQuery, BeforeAndAfterQueryVariables>;
export const ClicksAroundASwitchDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"ClicksAroundASwitch"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"seconds"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"conversions"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"boundaryWithin"},"value":{"kind":"Variable","name":{"kind":"Name","value":"seconds"}}}]}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"field"},"value":{"kind":"EnumValue","value":"CLICKED_AT"}},{"kind":"ObjectField","name":{"kind":"Name","value":"direction"},"value":{"kind":"EnumValue","value":"DESC"}}]}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"50"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"clickedAt"}},{"kind":"Field","name":{"kind":"Name","value":"convertedAt"}},{"kind":"Field","name":{"kind":"Name","value":"payout"}},{"kind":"Field","name":{"kind":"Name","value":"iteration"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"strategy"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]}}]}}]}}]} as unknown as DocumentNode<ClicksAroundASwitchQuery, ClicksAroundASwitchQueryVariables>;
export const LatestConversionsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"LatestConversions"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"conversions"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"field"},"value":{"kind":"EnumValue","value":"CONVERTED_AT"}},{"kind":"ObjectField","name":{"kind":"Name","value":"direction"},"value":{"kind":"EnumValue","value":"DESC"}}]}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"25"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"convertedAt"}},{"kind":"Field","name":{"kind":"Name","value":"clickedAt"}},{"kind":"Field","name":{"kind":"Name","value":"goalReferenceId"}},{"kind":"Field","name":{"kind":"Name","value":"payout"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"method"}},{"kind":"Field","name":{"kind":"Name","value":"strategy"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"iteration"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}}]}}]}}]}}]}}]} as unknown as DocumentNode<LatestConversionsQuery, LatestConversionsQueryVariables>;
export const UnattributedByCampaignDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"UnattributedByCampaign"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"metrics"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"groupBy"},"value":{"kind":"ListValue","values":[{"kind":"EnumValue","value":"STATUS"},{"kind":"EnumValue","value":"CAMPAIGN"}]}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"status"},"value":{"kind":"ListValue","values":[{"kind":"EnumValue","value":"NO_CLICK_ID"},{"kind":"EnumValue","value":"CLICK_NOT_FOUND"},{"kind":"EnumValue","value":"CAMPAIGN_NOT_FOUND"},{"kind":"EnumValue","value":"CAMPAIGN_WITHOUT_OFFER"},{"kind":"EnumValue","value":"STRATEGY_NOT_FOUND"},{"kind":"EnumValue","value":"SHARED_OFFER"},{"kind":"EnumValue","value":"NO_ITERATIONS"},{"kind":"EnumValue","value":"BEFORE_FIRST_ITERATION"},{"kind":"EnumValue","value":"CLICK_AFTER_BUILD"}]}}]}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"field"},"value":{"kind":"EnumValue","value":"CONVERSIONS"}},{"kind":"ObjectField","name":{"kind":"Name","value":"direction"},"value":{"kind":"EnumValue","value":"DESC"}}]}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"20"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totals"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"conversions"}},{"kind":"Field","name":{"kind":"Name","value":"payout"}}]}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"campaignId"}},{"kind":"Field","name":{"kind":"Name","value":"metrics"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"conversions"}},{"kind":"Field","name":{"kind":"Name","value":"payout"}},{"kind":"Field","name":{"kind":"Name","value":"lastConversionAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"drillDown"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"2"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"clickId"}},{"kind":"Field","name":{"kind":"Name","value":"convertedAt"}}]}}]}}]}}]}}]}}]} as unknown as DocumentNode<UnattributedByCampaignQuery, UnattributedByCampaignQueryVariables>;
export const PageThroughConversionsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"PageThroughConversions"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"conversions"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"field"},"value":{"kind":"EnumValue","value":"CONVERTED_AT"}},{"kind":"ObjectField","name":{"kind":"Name","value":"direction"},"value":{"kind":"EnumValue","value":"ASC"}}]}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"convertedAt"}},{"kind":"Field","name":{"kind":"Name","value":"payout"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"iteration"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<PageThroughConversionsQuery, PageThroughConversionsQueryVariables>;
export const DataQualityDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"DataQuality"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"dataQuality"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"check"}},{"kind":"Field","name":{"kind":"Name","value":"severity"}},{"kind":"Field","name":{"kind":"Name","value":"count"}},{"kind":"Field","name":{"kind":"Name","value":"meaning"}},{"kind":"Field","name":{"kind":"Name","value":"cure"}},{"kind":"Field","name":{"kind":"Name","value":"subjectKind"}},{"kind":"Field","name":{"kind":"Name","value":"subjects"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"detail"}}]}}]}}]}}]} as unknown as DocumentNode<DataQualityQuery, DataQualityQueryVariables>;
export const AllSubjectsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"AllSubjects"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"check"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"DataQualityCheck"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"build"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"dataQualitySubjects"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"check"},"value":{"kind":"Variable","name":{"kind":"Name","value":"check"}}},{"kind":"Argument","name":{"kind":"Name","value":"build"},"value":{"kind":"Variable","name":{"kind":"Name","value":"build"}}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"build"}},{"kind":"Field","name":{"kind":"Name","value":"count"}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"detail"}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<AllSubjectsQuery, AllSubjectsQueryVariables>;
export const PlanPushDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"PlanPush"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"planMetricsPush"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[]}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"planHash"}},{"kind":"Field","name":{"kind":"Name","value":"build"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"asOf"}},{"kind":"Field","name":{"kind":"Name","value":"comparedWith"}},{"kind":"Field","name":{"kind":"Name","value":"refusal"}},{"kind":"Field","name":{"kind":"Name","value":"findings"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"guard"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"iterationId"}}]}},{"kind":"Field","name":{"kind":"Name","value":"totals"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"iterations"}},{"kind":"Field","name":{"kind":"Name","value":"changed"}},{"kind":"Field","name":{"kind":"Name","value":"oldConversions"}},{"kind":"Field","name":{"kind":"Name","value":"newConversions"}},{"kind":"Field","name":{"kind":"Name","value":"oldPayout"}},{"kind":"Field","name":{"kind":"Name","value":"newPayout"}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}},{"kind":"Field","name":{"kind":"Name","value":"rows"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"iterationId"}},{"kind":"Field","name":{"kind":"Name","value":"strategyId"}},{"kind":"Field","name":{"kind":"Name","value":"old"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"clicks"}},{"kind":"Field","name":{"kind":"Name","value":"conversions"}},{"kind":"Field","name":{"kind":"Name","value":"payout"}}]}},{"kind":"Field","name":{"kind":"Name","value":"new"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"clicks"}},{"kind":"Field","name":{"kind":"Name","value":"conversions"}},{"kind":"Field","name":{"kind":"Name","value":"payout"}}]}}]}}]}}]}}]} as unknown as DocumentNode<PlanPushQuery, PlanPushQueryVariables>;
export const PushDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"Push"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"PushMetricsInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"pushMetrics"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"refusal"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"counts"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"planned"}},{"kind":"Field","name":{"kind":"Name","value":"accepted"}},{"kind":"Field","name":{"kind":"Name","value":"stale"}},{"kind":"Field","name":{"kind":"Name","value":"gone"}},{"kind":"Field","name":{"kind":"Name","value":"rejected"}},{"kind":"Field","name":{"kind":"Name","value":"unknown"}},{"kind":"Field","name":{"kind":"Name","value":"pending"}}]}},{"kind":"Field","name":{"kind":"Name","value":"progress"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"settled"}},{"kind":"Field","name":{"kind":"Name","value":"requests"}},{"kind":"Field","name":{"kind":"Name","value":"rowsPerSecond"}},{"kind":"Field","name":{"kind":"Name","value":"secondsLeft"}},{"kind":"Field","name":{"kind":"Name","value":"lastFailure"}}]}}]}}]}}]} as unknown as DocumentNode<PushMutation, PushMutationVariables>;
export const WatchPushesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"WatchPushes"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"pushRuns"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"requestedBy"}},{"kind":"Field","name":{"kind":"Name","value":"note"}},{"kind":"Field","name":{"kind":"Name","value":"startedAt"}},{"kind":"Field","name":{"kind":"Name","value":"finishedAt"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"refusal"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"override"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"by"}},{"kind":"Field","name":{"kind":"Name","value":"at"}}]}},{"kind":"Field","name":{"kind":"Name","value":"cancelled"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"by"}},{"kind":"Field","name":{"kind":"Name","value":"at"}}]}},{"kind":"Field","name":{"kind":"Name","value":"counts"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"planned"}},{"kind":"Field","name":{"kind":"Name","value":"accepted"}},{"kind":"Field","name":{"kind":"Name","value":"stale"}},{"kind":"Field","name":{"kind":"Name","value":"gone"}},{"kind":"Field","name":{"kind":"Name","value":"rejected"}},{"kind":"Field","name":{"kind":"Name","value":"unknown"}},{"kind":"Field","name":{"kind":"Name","value":"pending"}}]}},{"kind":"Field","name":{"kind":"Name","value":"progress"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"settled"}},{"kind":"Field","name":{"kind":"Name","value":"rowsPerSecond"}},{"kind":"Field","name":{"kind":"Name","value":"secondsLeft"}},{"kind":"Field","name":{"kind":"Name","value":"lastFailure"}},{"kind":"Field","name":{"kind":"Name","value":"nextAttemptAt"}},{"kind":"Field","name":{"kind":"Name","value":"waitingFor"}},{"kind":"Field","name":{"kind":"Name","value":"circuitBreaker"}}]}},{"kind":"Field","name":{"kind":"Name","value":"rows"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"states"},"value":{"kind":"ListValue","values":[{"kind":"EnumValue","value":"GONE"},{"kind":"EnumValue","value":"REJECTED"},{"kind":"EnumValue","value":"UNKNOWN"},{"kind":"EnumValue","value":"PENDING"}]}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"20"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"iterationId"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]}}]}}]}}]} as unknown as DocumentNode<WatchPushesQuery, WatchPushesQueryVariables>;
export const WhatAdsuiteHoldsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"WhatAdsuiteHolds"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"pushDrift"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"build"}},{"kind":"Field","name":{"kind":"Name","value":"compared"}},{"kind":"Field","name":{"kind":"Name","value":"counts"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"iterations"}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}},{"kind":"Field","name":{"kind":"Name","value":"rows"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"iterationId"}},{"kind":"Field","name":{"kind":"Name","value":"kinds"}},{"kind":"Field","name":{"kind":"Name","value":"heldVersion"}},{"kind":"Field","name":{"kind":"Name","value":"held"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"conversions"}},{"kind":"Field","name":{"kind":"Name","value":"payout"}}]}},{"kind":"Field","name":{"kind":"Name","value":"accepted"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"conversions"}},{"kind":"Field","name":{"kind":"Name","value":"payout"}}]}},{"kind":"Field","name":{"kind":"Name","value":"built"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"conversions"}},{"kind":"Field","name":{"kind":"Name","value":"payout"}}]}}]}}]}}]}}]} as unknown as DocumentNode<WhatAdsuiteHoldsQuery, WhatAdsuiteHoldsQueryVariables>;
export const RetryPushDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RetryPush"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"runId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"retryPush"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"runId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"runId"}}},{"kind":"Argument","name":{"kind":"Name","value":"idempotencyKey"},"value":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}}},{"kind":"Argument","name":{"kind":"Name","value":"requestedBy"},"value":{"kind":"StringValue","value":"GraphiQL","block":false}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"retryOf"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"counts"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"planned"}},{"kind":"Field","name":{"kind":"Name","value":"accepted"}},{"kind":"Field","name":{"kind":"Name","value":"stale"}},{"kind":"Field","name":{"kind":"Name","value":"gone"}},{"kind":"Field","name":{"kind":"Name","value":"rejected"}},{"kind":"Field","name":{"kind":"Name","value":"unknown"}},{"kind":"Field","name":{"kind":"Name","value":"pending"}}]}}]}}]}}]} as unknown as DocumentNode<RetryPushMutation, RetryPushMutationVariables>;
export const CancelPushDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CancelPush"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"runId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cancelPush"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"runId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"runId"}}},{"kind":"Argument","name":{"kind":"Name","value":"requestedBy"},"value":{"kind":"StringValue","value":"GraphiQL","block":false}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"cancelled"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"by"}},{"kind":"Field","name":{"kind":"Name","value":"at"}}]}},{"kind":"Field","name":{"kind":"Name","value":"counts"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"planned"}},{"kind":"Field","name":{"kind":"Name","value":"accepted"}},{"kind":"Field","name":{"kind":"Name","value":"unknown"}},{"kind":"Field","name":{"kind":"Name","value":"pending"}}]}}]}}]}}]} as unknown as DocumentNode<CancelPushMutation, CancelPushMutationVariables>;
export const ResumePushDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ResumePush"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"runId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"resumePush"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"runId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"runId"}}},{"kind":"Argument","name":{"kind":"Name","value":"requestedBy"},"value":{"kind":"StringValue","value":"GraphiQL","block":false}},{"kind":"Argument","name":{"kind":"Name","value":"waitSeconds"},"value":{"kind":"IntValue","value":"5"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"resumed"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"by"}},{"kind":"Field","name":{"kind":"Name","value":"at"}}]}},{"kind":"Field","name":{"kind":"Name","value":"counts"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"planned"}},{"kind":"Field","name":{"kind":"Name","value":"accepted"}},{"kind":"Field","name":{"kind":"Name","value":"pending"}}]}},{"kind":"Field","name":{"kind":"Name","value":"progress"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"waitingFor"}},{"kind":"Field","name":{"kind":"Name","value":"nextAttemptAt"}},{"kind":"Field","name":{"kind":"Name","value":"circuitBreaker"}},{"kind":"Field","name":{"kind":"Name","value":"lastFailure"}}]}}]}}]}}]} as unknown as DocumentNode<ResumePushMutation, ResumePushMutationVariables>;
export const AllConversionsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"AllConversions"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"ConversionFilter"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"conversions"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"1000"}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"field"},"value":{"kind":"EnumValue","value":"ID"}},{"kind":"ObjectField","name":{"kind":"Name","value":"direction"},"value":{"kind":"EnumValue","value":"ASC"}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"clickId"}},{"kind":"Field","name":{"kind":"Name","value":"goalReferenceId"}},{"kind":"Field","name":{"kind":"Name","value":"payout"}},{"kind":"Field","name":{"kind":"Name","value":"convertedAt"}},{"kind":"Field","name":{"kind":"Name","value":"clickedAt"}},{"kind":"Field","name":{"kind":"Name","value":"loadedAt"}},{"kind":"Field","name":{"kind":"Name","value":"campaignId"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"method"}},{"kind":"Field","name":{"kind":"Name","value":"strategyId"}},{"kind":"Field","name":{"kind":"Name","value":"iterationId"}},{"kind":"Field","name":{"kind":"Name","value":"strategy"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}},{"kind":"Field","name":{"kind":"Name","value":"iteration"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"endedAt"}},{"kind":"Field","name":{"kind":"Name","value":"strategyId"}}]}}]}}]}}]}}]} as unknown as DocumentNode<AllConversionsQuery, AllConversionsQueryVariables>;
export const AllIterationsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"AllIterations"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"IterationFilter"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"iterations"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"1000"}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"field"},"value":{"kind":"EnumValue","value":"ID"}},{"kind":"ObjectField","name":{"kind":"Name","value":"direction"},"value":{"kind":"EnumValue","value":"ASC"}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"strategyId"}},{"kind":"Field","name":{"kind":"Name","value":"sequence"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"endedAt"}},{"kind":"Field","name":{"kind":"Name","value":"isCurrent"}},{"kind":"Field","name":{"kind":"Name","value":"strategy"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}}]}}]}}]}}]} as unknown as DocumentNode<AllIterationsQuery, AllIterationsQueryVariables>;
export const AllStrategiesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"AllStrategies"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"StrategyFilter"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"strategies"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"100"}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"field"},"value":{"kind":"EnumValue","value":"ID"}},{"kind":"ObjectField","name":{"kind":"Name","value":"direction"},"value":{"kind":"EnumValue","value":"ASC"}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"tuneOfferId"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"currentIteration"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}},{"kind":"Field","name":{"kind":"Name","value":"iterations"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"100"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}}]}}]}}]}}]}}]} as unknown as DocumentNode<AllStrategiesQuery, AllStrategiesQueryVariables>;
export const GroupedMetricsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"GroupedMetrics"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"groupBy"}},"type":{"kind":"NonNullType","type":{"kind":"ListType","type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"MetricDimension"}}}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"ConversionFilter"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"metrics"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"200"}},{"kind":"Argument","name":{"kind":"Name","value":"groupBy"},"value":{"kind":"Variable","name":{"kind":"Name","value":"groupBy"}}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"totals"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"conversions"}},{"kind":"Field","name":{"kind":"Name","value":"payout"}},{"kind":"Field","name":{"kind":"Name","value":"clicks"}},{"kind":"Field","name":{"kind":"Name","value":"conversionRate"}},{"kind":"Field","name":{"kind":"Name","value":"firstConversionAt"}},{"kind":"Field","name":{"kind":"Name","value":"lastConversionAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"strategyId"}},{"kind":"Field","name":{"kind":"Name","value":"iterationId"}},{"kind":"Field","name":{"kind":"Name","value":"campaignId"}},{"kind":"Field","name":{"kind":"Name","value":"goalReferenceId"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"day"}},{"kind":"Field","name":{"kind":"Name","value":"hour"}},{"kind":"Field","name":{"kind":"Name","value":"metrics"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"conversions"}},{"kind":"Field","name":{"kind":"Name","value":"payout"}},{"kind":"Field","name":{"kind":"Name","value":"firstConversionAt"}},{"kind":"Field","name":{"kind":"Name","value":"lastConversionAt"}},{"kind":"Field","name":{"kind":"Name","value":"clicks"}},{"kind":"Field","name":{"kind":"Name","value":"conversionRate"}},{"kind":"Field","name":{"kind":"Name","value":"byGoal"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"goalReferenceId"}},{"kind":"Field","name":{"kind":"Name","value":"conversions"}},{"kind":"Field","name":{"kind":"Name","value":"payout"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"drillDown"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"300"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}}]}}]}}]}}]}}]} as unknown as DocumentNode<GroupedMetricsQuery, GroupedMetricsQueryVariables>;
export const IterationReportDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"IterationReport"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"ConversionFilter"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"iterations"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"strategy"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"metrics"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"conversions"}},{"kind":"Field","name":{"kind":"Name","value":"payout"}},{"kind":"Field","name":{"kind":"Name","value":"clicks"}},{"kind":"Field","name":{"kind":"Name","value":"conversionRate"}},{"kind":"Field","name":{"kind":"Name","value":"byGoal"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"goalReferenceId"}},{"kind":"Field","name":{"kind":"Name","value":"conversions"}},{"kind":"Field","name":{"kind":"Name","value":"payout"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"daily"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"day"}},{"kind":"Field","name":{"kind":"Name","value":"metrics"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"conversions"}},{"kind":"Field","name":{"kind":"Name","value":"payout"}},{"kind":"Field","name":{"kind":"Name","value":"clicks"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"conversions"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"3"}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}}]}}]}}]}}]}}]} as unknown as DocumentNode<IterationReportQuery, IterationReportQueryVariables>;
export const StrategyReportDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"StrategyReport"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"strategies"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"currentIteration"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}},{"kind":"Field","name":{"kind":"Name","value":"metrics"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"conversions"}},{"kind":"Field","name":{"kind":"Name","value":"payout"}},{"kind":"Field","name":{"kind":"Name","value":"clicks"}},{"kind":"Field","name":{"kind":"Name","value":"conversionRate"}},{"kind":"Field","name":{"kind":"Name","value":"byGoal"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"goalReferenceId"}},{"kind":"Field","name":{"kind":"Name","value":"conversions"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"iterations"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"3"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"metrics"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"conversions"}},{"kind":"Field","name":{"kind":"Name","value":"clicks"}}]}},{"kind":"Field","name":{"kind":"Name","value":"conversions"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"2"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"iteration"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"strategy"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}}]}}]}}]}}]}}]}}]}}]}}]}}]} as unknown as DocumentNode<StrategyReportQuery, StrategyReportQueryVariables>;
export const StatusDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Status"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"dataStatus"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"build"}},{"kind":"Field","name":{"kind":"Name","value":"asOf"}},{"kind":"Field","name":{"kind":"Name","value":"builtAt"}},{"kind":"Field","name":{"kind":"Name","value":"mirrorRefreshedAt"}},{"kind":"Field","name":{"kind":"Name","value":"eventsLoadedThrough"}},{"kind":"Field","name":{"kind":"Name","value":"clicksLoadedThrough"}},{"kind":"Field","name":{"kind":"Name","value":"lagSeconds"}},{"kind":"Field","name":{"kind":"Name","value":"isStale"}},{"kind":"Field","name":{"kind":"Name","value":"staleReasons"}},{"kind":"Field","name":{"kind":"Name","value":"finalThrough"}}]}}]}}]} as unknown as DocumentNode<StatusQuery, StatusQueryVariables>;
export const SummaryDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Summary"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"ConversionFilter"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"attributionSummary"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"total"}},{"kind":"Field","name":{"kind":"Name","value":"attributed"}},{"kind":"Field","name":{"kind":"Name","value":"unattributed"}},{"kind":"Field","name":{"kind":"Name","value":"reasons"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"conversions"}}]}}]}}]}}]} as unknown as DocumentNode<SummaryQuery, SummaryQueryVariables>;
export const LookDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Look"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"strategyId"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"offerId"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"iterationId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"conversionId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"strategy"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"strategyId"}}},{"kind":"Argument","name":{"kind":"Name","value":"tuneOfferId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"offerId"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"tuneOfferId"}}]}},{"kind":"Field","name":{"kind":"Name","value":"iteration"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"iterationId"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}},{"kind":"Field","name":{"kind":"Name","value":"conversion"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"conversionId"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}}]}}]} as unknown as DocumentNode<LookQuery, LookQueryVariables>;
export const StrategiesPageDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"StrategiesPage"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"StrategyFilter"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"StrategyOrder"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"strategies"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}},{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"hasPreviousPage"}},{"kind":"Field","name":{"kind":"Name","value":"startCursor"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<StrategiesPageQuery, StrategiesPageQueryVariables>;
export const IterationsPageDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"IterationsPage"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"IterationFilter"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"IterationOrder"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"iterations"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"hasPreviousPage"}},{"kind":"Field","name":{"kind":"Name","value":"startCursor"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<IterationsPageQuery, IterationsPageQueryVariables>;
export const ConversionsPageDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"ConversionsPage"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"ConversionFilter"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ConversionOrder"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"conversions"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"hasPreviousPage"}},{"kind":"Field","name":{"kind":"Name","value":"startCursor"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<ConversionsPageQuery, ConversionsPageQueryVariables>;
export const MetricsPageDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"MetricsPage"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"groupBy"}},"type":{"kind":"NonNullType","type":{"kind":"ListType","type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"MetricDimension"}}}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"MetricOrder"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"metrics"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"groupBy"},"value":{"kind":"Variable","name":{"kind":"Name","value":"groupBy"}}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"strategyId"}},{"kind":"Field","name":{"kind":"Name","value":"iterationId"}},{"kind":"Field","name":{"kind":"Name","value":"campaignId"}},{"kind":"Field","name":{"kind":"Name","value":"goalReferenceId"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"day"}},{"kind":"Field","name":{"kind":"Name","value":"hour"}},{"kind":"Field","name":{"kind":"Name","value":"metrics"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"conversions"}},{"kind":"Field","name":{"kind":"Name","value":"payout"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"hasPreviousPage"}},{"kind":"Field","name":{"kind":"Name","value":"startCursor"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<MetricsPageQuery, MetricsPageQueryVariables>;
export const StrategyIterationsPageDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"StrategyIterationsPage"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"IterationOrder"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"strategy"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"iterations"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"hasPreviousPage"}},{"kind":"Field","name":{"kind":"Name","value":"startCursor"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]}}]} as unknown as DocumentNode<StrategyIterationsPageQuery, StrategyIterationsPageQueryVariables>;
export const IterationConversionsPageDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"IterationConversionsPage"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ConversionOrder"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"iteration"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"conversions"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"hasPreviousPage"}},{"kind":"Field","name":{"kind":"Name","value":"startCursor"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]}}]} as unknown as DocumentNode<IterationConversionsPageQuery, IterationConversionsPageQueryVariables>;
export const DataQualitySubjectsPageDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"DataQualitySubjectsPage"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"check"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"DataQualityCheck"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"build"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"dataQualitySubjects"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"check"},"value":{"kind":"Variable","name":{"kind":"Name","value":"check"}}},{"kind":"Argument","name":{"kind":"Name","value":"build"},"value":{"kind":"Variable","name":{"kind":"Name","value":"build"}}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"build"}},{"kind":"Field","name":{"kind":"Name","value":"count"}},{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"detail"}}]}},{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"hasPreviousPage"}},{"kind":"Field","name":{"kind":"Name","value":"startCursor"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<DataQualitySubjectsPageQuery, DataQualitySubjectsPageQueryVariables>;