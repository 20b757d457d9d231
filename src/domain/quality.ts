/** The checks of severity ERROR. */
export const errorChecks = [
  'CREATED_AT_EDITED',
  'STRATEGY_OF_ITERATION_EDITED',
  'ITERATION_GONE',
  'ITERATION_CONFLICT',
  'STRATEGY_CONFLICT',
  'CAMPAIGN_CONFLICT',
  'ATTRIBUTION_LOST',
  'ITERATION_TIME_OUT_OF_RANGE',
] as const;

/** The checks of each build; warehouse/dbt/models/quality implements them. */
export const qualityChecks = [
  ...errorChecks,
  'ATTRIBUTION_LOST_FEW',
  'SHARED_OFFER',
  'CLICK_CONFLICT',
  'CLICKS_NOT_DIVIDED',
  'ITERATIONS_BEGIN_TOGETHER',
  'ITERATION_WITHOUT_STRATEGY',
  'CLICK_AFTER_CONVERSION',
  'IN_THE_FUTURE',
  'NEGATIVE_PAYOUT',
  'EXPLICIT_ITERATION_NOT_FOUND',
  'ROWS_WITHOUT_KEY',
  'EVENT_CONFLICT',
  'PAYOUT_NOT_A_NUMBER',
  'EVENT_TIME_OUT_OF_RANGE',
  'CLICK_TIME_OUT_OF_RANGE',
  'STRATEGY_TIME_OUT_OF_RANGE',
  'LOADED_IN_THE_FUTURE',
  'PAYOUT_CHANGED',
  'CLICK_COMPLETED',
  'OFFER_CHANGED',
  'ITERATION_BACKDATED',
  'UNATTRIBUTED_SHARE_JUMPED',
] as const;

export type QualityCheckName = (typeof qualityChecks)[number];

/** ERROR: a push would send wrong metrics to AdSuite. WARNING: attribution handles it, but the data should be corrected. */
export const severities = ['ERROR', 'WARNING'] as const;

export type SeverityName = (typeof severities)[number];

export type SubjectKind = 'ITERATION' | 'STRATEGY' | 'CAMPAIGN' | 'OFFER' | 'CLICK' | 'CONVERSION' | 'TABLE';

/** OPEN: the build still has the finding. RESOLVED: it does not any more. */
export const findingStates = ['OPEN', 'RESOLVED'] as const;

export type FindingStateName = (typeof findingStates)[number];

/** A check's result in a build. */
export interface QualityFinding {
  readonly check: QualityCheckName;
  readonly severity: SeverityName;
  /** Number of subjects; 0 if the check found nothing. */
  readonly count: number;
  /** The first `subjectsOfAnyBuild` subjects: the worst or lowest first. */
  readonly subjects: readonly QualitySubject[];
}

export interface QualitySubject {
  readonly id: string;
  /** What is wrong, for display. */
  readonly detail: string | null;
}

/**
 * The number of first subjects of a check that every build keeps. The newest builds keep more (the macro
 * delete_further_subjects in warehouse/dbt).
 */
export const subjectsOfAnyBuild = 10;

/** The noun for `count` subjects, without the number. */
export const kindInWords = (kind: SubjectKind, count: number): string =>
  count === 1 ? kind.toLowerCase() : kind === 'STRATEGY' ? 'strategies' : `${kind.toLowerCase()}s`;

/** How a check is presented to analysts. */
interface QualityCheck {
  /** What the ids of its subjects identify. */
  readonly subject: SubjectKind;
  /** What was found, and its effect. */
  readonly meaning: string;
  /** What to do about it. */
  readonly remedy: string;
}

const orAccept = (remedy: string) =>
  `${remedy}. If the change is intended, add it to accepted_iterations (docs/attribution.md) and build again.`;

export const checks: Readonly<Record<QualityCheckName, QualityCheck>> = {
  CREATED_AT_EDITED: {
    subject: 'ITERATION',
    meaning: 'created_at has changed since the iteration was first seen, which moves conversions between iterations.',
    remedy: `${orAccept('Restore the original created_at in AdSuite')} If the iteration was pushed with the edited value, the guard CREATED_AT_EDITED also refuses the next push: override it once.`,
  },
  STRATEGY_OF_ITERATION_EDITED: {
    subject: 'ITERATION',
    meaning:
      'The iteration has moved to another strategy since it was first seen, which moves conversions between iterations of both strategies.',
    remedy: orAccept('Restore the original strategy in AdSuite'),
  },
  ITERATION_GONE: {
    subject: 'ITERATION',
    meaning:
      'The iteration no longer exists in AdSuite. Its conversions now count for the preceding iteration, or for none if there is none.',
    remedy: orAccept('Restore it in AdSuite'),
  },
  ITERATION_CONFLICT: {
    subject: 'ITERATION',
    meaning:
      'Several rows have this iteration id, with different created_at or strategies. Attribution uses the earliest, then the lowest strategy id.',
    remedy: 'Delete the wrong row in AdSuite, or find out how it got into the mirror.',
  },
  STRATEGY_CONFLICT: {
    subject: 'STRATEGY',
    meaning:
      'Several rows have this strategy id, with different offers. Attribution uses the earliest, then the lowest offer id.',
    remedy: 'Delete the wrong row in AdSuite, or find out how it got into the mirror.',
  },
  CAMPAIGN_CONFLICT: {
    subject: 'CAMPAIGN',
    meaning: 'Several rows have this campaign id, with different offers. Attribution uses the lowest offer id.',
    remedy: 'Correct the load of campaigns from AdGem: it must deliver one row per campaign.',
  },
  ATTRIBUTION_LOST: {
    subject: 'ITERATION',
    meaning:
      'Conversions whose last attribution was to the iteration are attributed to none now: more than lost_percent of them, ' +
      'and more than lost_minimum. A push would lower its totals in AdSuite.',
    remedy: orAccept('The detail has the causes. Restore the clicks, campaigns, strategies or events at the source'),
  },
  ATTRIBUTION_LOST_FEW: {
    subject: 'ITERATION',
    meaning: 'The same, for fewer conversions. The push lowers its totals in AdSuite.',
    remedy: 'Find out why the source no longer has these rows, before the loss grows. The detail has the causes.',
  },
  SHARED_OFFER: {
    subject: 'OFFER',
    meaning: 'Several strategies use this offer, so its clicks are not attributed by their time.',
    remedy: 'Leave the offer to one strategy in AdSuite.',
  },
  CLICK_CONFLICT: {
    subject: 'CLICK',
    meaning:
      "Copies of a conversion's click name different campaigns or iterations, or their times differ by more than a second. Attribution uses the earliest time, and the campaign and iteration of the earliest copy that names one.",
    remedy: 'Contact the sender of the clicks.',
  },
  CLICKS_NOT_DIVIDED: {
    subject: 'ITERATION',
    meaning:
      'The iteration begins within a quarter-hour whose clicks were counted before that was known, and the source now has ' +
      'other clicks of it (some were deleted, or arrived after the look-back): those that were counted count for the iteration ' +
      'that was live when the quarter-hour began. Conversions are not affected.',
    remedy: 'Restore the clicks at the source and build again, or keep clicks longer than iterations are edited.',
  },
  ITERATIONS_BEGIN_TOGETHER: {
    subject: 'ITERATION',
    meaning: 'The next iteration of the strategy began at the same instant, so this one was never live.',
    remedy: 'No action is needed, unless this iteration was meant to be live: then correct its created_at in AdSuite.',
  },
  ITERATION_WITHOUT_STRATEGY: {
    subject: 'ITERATION',
    meaning: "The iteration's strategy does not exist, so only clicks that name the iteration are attributed to it.",
    remedy: 'Restore the strategy in AdSuite, or correct the strategy of the iteration.',
  },
  CLICK_AFTER_CONVERSION: {
    subject: 'CONVERSION',
    meaning: 'The click is later than its conversion. It is still attributed by the time of the click.',
    remedy: 'Check the clocks of the systems that send clicks and events.',
  },
  IN_THE_FUTURE: {
    subject: 'CONVERSION',
    meaning: 'The conversion or its click is later than the build.',
    remedy: 'Check the clocks of the systems that send clicks and events.',
  },
  NEGATIVE_PAYOUT: {
    subject: 'CONVERSION',
    meaning: 'The payout is negative. It is included in the sums.',
    remedy: 'Contact the sender of the events.',
  },
  EXPLICIT_ITERATION_NOT_FOUND: {
    subject: 'ITERATION',
    meaning: 'Clicks of conversions name this iteration, which does not exist. They are attributed by their time.',
    remedy: 'Contact the sender of the clicks.',
  },
  ROWS_WITHOUT_KEY: {
    subject: 'TABLE',
    meaning:
      'Rows of the table lack a required id, time or strategy, or are copies of an iteration whose time is out of range. They are ignored.',
    remedy: 'Correct these rows in the system that they come from.',
  },
  ITERATION_TIME_OUT_OF_RANGE: {
    subject: 'ITERATION',
    meaning:
      'created_at of the iteration is before 2000 or after 2099, in all of its rows. The iteration is ignored, so its conversions count for the preceding iteration.',
    remedy: 'Correct created_at in AdSuite.',
  },
  EVENT_CONFLICT: {
    subject: 'CONVERSION',
    meaning:
      'Copies of the event have the same loaded_at, or no valid one, but differ, so none of them is the newest. Attribution uses the one with the latest time, then the lowest values.',
    remedy: 'Send the event again with the correct values: the copy that is loaded last counts.',
  },
  PAYOUT_NOT_A_NUMBER: {
    subject: 'CONVERSION',
    meaning: 'The payout is NaN or infinite. The conversion counts, without a payout.',
    remedy: 'Send the event again with the correct payout.',
  },
  EVENT_TIME_OUT_OF_RANGE: {
    subject: 'CONVERSION',
    meaning:
      'A time of the event is before 2000 or after 2099. Without a valid time of its own, the event is ignored; without a valid loaded_at, it counts as loaded when it happened. Builds report new events only.',
    remedy: 'Correct the units or clock of the sender, and send the event again.',
  },
  CLICK_TIME_OUT_OF_RANGE: {
    subject: 'CLICK',
    meaning: 'The time of a copy of the click is before 2000 or after 2099. That copy is ignored.',
    remedy: 'Correct the units or clock of the sender, and send the click again.',
  },
  STRATEGY_TIME_OUT_OF_RANGE: {
    subject: 'STRATEGY',
    meaning:
      'created_at of the strategy is before 2000 or after 2099. The service returns the nearest valid time. Attribution does not use it.',
    remedy: 'Correct created_at in AdSuite.',
  },
  LOADED_IN_THE_FUTURE: {
    subject: 'TABLE',
    meaning:
      'loaded_at of some rows is more than an hour later than the start of the build. They do not count as new data until that time has come, and any other copy of an event is used instead of such a copy.',
    remedy: 'Correct the clock of the loader, and loaded_at of these rows.',
  },
  PAYOUT_CHANGED: {
    subject: 'CONVERSION',
    meaning:
      'The payout differs from that of the build before, because a later copy of the event has another one. The later one counts.',
    remedy: 'No action is needed if the sender corrected it. Otherwise contact the sender of the events.',
  },
  CLICK_COMPLETED: {
    subject: 'CLICK',
    meaning:
      'A later copy of the click names a campaign or an existing iteration, which no copy did in the build before. Its conversions are attributed by it now.',
    remedy: 'No action is needed. If it happens often, attribution lags behind: contact the sender of the clicks.',
  },
  OFFER_CHANGED: {
    subject: 'STRATEGY',
    meaning:
      'tune_offer_id of the strategy has changed from one offer to another. All conversions of both offers, also old ones, have moved with it.',
    remedy: 'Restore tune_offer_id in AdSuite, unless the strategy had the wrong offer from the beginning.',
  },
  ITERATION_BACKDATED: {
    subject: 'ITERATION',
    meaning:
      'The iteration is new, but its created_at is before the last refresh of the mirror that the build before used, which did not have it. Clicks since then count for it now, instead of the iteration that was live.',
    remedy: 'Correct created_at in AdSuite, unless the iteration really began then: see whether the mirror missed it.',
  },
  UNATTRIBUTED_SHARE_JUMPED: {
    subject: 'TABLE',
    meaning:
      'The share of conversions without an iteration has risen by more than unattributed_jump_points percentage points since the build before, and by at least unattributed_jump_minimum conversions. The detail has the reasons.',
    remedy:
      'Find out what the reasons with the most conversions have in common: a campaign without an offer, an offer without a strategy, or clicks that are not loaded.',
  },
};
