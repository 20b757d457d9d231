/** The checks of severity ERROR. */
export const errorChecks = [
  'CREATED_AT_EDITED',
  'STRATEGY_OF_ITERATION_EDITED',
  'ITERATION_GONE',
  'ITERATION_CONFLICT',
  'STRATEGY_CONFLICT',
  'CAMPAIGN_CONFLICT',
] as const;

/** What each build is checked for; warehouse/dbt/models/quality has the rules. */
export const qualityChecks = [
  ...errorChecks,
  'SHARED_OFFER',
  'CLICK_CONFLICT',
  'ITERATIONS_BEGIN_TOGETHER',
  'ITERATION_WITHOUT_STRATEGY',
  'CLICK_AFTER_CONVERSION',
  'IN_THE_FUTURE',
  'NEGATIVE_PAYOUT',
  'EXPLICIT_ITERATION_NOT_FOUND',
  'ROWS_WITHOUT_KEY',
] as const;

export type QualityCheckName = (typeof qualityChecks)[number];

/** ERROR: a push would tell AdSuite wrong metrics. WARNING: attribution copes with it, but somebody should know. */
export const severities = ['ERROR', 'WARNING'] as const;

export type SeverityName = (typeof severities)[number];

export type SubjectKind = 'ITERATION' | 'STRATEGY' | 'CAMPAIGN' | 'OFFER' | 'CLICK' | 'CONVERSION' | 'TABLE';

/** What a check found in a build. */
export interface QualityFinding {
  readonly check: QualityCheckName;
  readonly severity: SeverityName;
  /** In how many subjects; 0: it looked, and found nothing. */
  readonly count: number;
  /** The first of them, the worst or lowest first. */
  readonly subjects: readonly QualitySubject[];
}

export interface QualitySubject {
  readonly id: string;
  /** What is wrong, for a person. */
  readonly detail: string | null;
}

/** So many subjects, in words without the number. */
export const kindInWords = (kind: SubjectKind, count: number): string =>
  count === 1 ? kind.toLowerCase() : kind === 'STRATEGY' ? 'strategies' : `${kind.toLowerCase()}s`;

/** What a check means to an analyst. */
interface Check {
  /** What its subjects are, and so what their ids are of. */
  readonly subject: SubjectKind;
  /** What was found. */
  readonly meaning: string;
  /** What to do about it. */
  readonly remedy: string;
}

const acceptOr = (remedy: string) =>
  `${remedy}; or, if it is meant, accept it with the new value in accepted_iterations (docs/attribution.md) and build again.`;

export const checks: Readonly<Record<QualityCheckName, Check>> = {
  CREATED_AT_EDITED: {
    subject: 'ITERATION',
    meaning:
      'created_at is another than when the iteration was first seen, which moves conversions between iterations.',
    remedy: `${acceptOr('Put it back in AdSuite')} Where it was pushed before, CREATED_AT_EDITED refuses one push more: override that one.`,
  },
  STRATEGY_OF_ITERATION_EDITED: {
    subject: 'ITERATION',
    meaning:
      'The iteration belongs to another strategy than when it was first seen, and took its time there from others.',
    remedy: acceptOr('Put it back in AdSuite'),
  },
  ITERATION_GONE: {
    subject: 'ITERATION',
    meaning: 'The iteration is not in AdSuite any more, and its conversions count for the one before it.',
    remedy: acceptOr('Restore it in AdSuite'),
  },
  ITERATION_CONFLICT: {
    subject: 'ITERATION',
    meaning: 'The id came twice, with another created_at or strategy; the earliest counts, then the lowest strategy.',
    remedy: 'Take the wrong row away in AdSuite, or find out how its mirror came by it.',
  },
  STRATEGY_CONFLICT: {
    subject: 'STRATEGY',
    meaning: 'The id came twice, with another offer; the earliest counts, then the lowest offer.',
    remedy: 'Take the wrong row away in AdSuite, or find out how its mirror came by it.',
  },
  CAMPAIGN_CONFLICT: {
    subject: 'CAMPAIGN',
    meaning: 'The id came twice, with another offer; the lowest counts.',
    remedy: 'Take the wrong row away where campaigns are loaded from AdGem.',
  },
  SHARED_OFFER: {
    subject: 'OFFER',
    meaning: 'Several strategies have the offer, so none of its clicks is attributed by time.',
    remedy: 'Leave it to one strategy in AdSuite.',
  },
  CLICK_CONFLICT: {
    subject: 'CLICK',
    meaning: 'The click of a conversion came under several campaigns; the earliest copy counts.',
    remedy: 'Ask who sends the clicks.',
  },
  ITERATIONS_BEGIN_TOGETHER: {
    subject: 'ITERATION',
    meaning: 'The next iteration of the strategy began at the same instant, so this one was never live.',
    remedy: 'Nothing, unless it should have been.',
  },
  ITERATION_WITHOUT_STRATEGY: {
    subject: 'ITERATION',
    meaning: 'The strategy of the iteration does not exist, so it has only the clicks that name it.',
    remedy: 'Find out what became of the strategy.',
  },
  CLICK_AFTER_CONVERSION: {
    subject: 'CONVERSION',
    meaning: 'The click is later than its conversion; it is attributed by the time of the click all the same.',
    remedy: 'Ask whose clock is wrong.',
  },
  IN_THE_FUTURE: {
    subject: 'CONVERSION',
    meaning: 'The conversion, or its click, is later than the build that found it.',
    remedy: 'Ask whose clock is wrong.',
  },
  NEGATIVE_PAYOUT: {
    subject: 'CONVERSION',
    meaning: 'The payout is below zero; it is added up as it is.',
    remedy: 'Ask who sends the events.',
  },
  EXPLICIT_ITERATION_NOT_FOUND: {
    subject: 'ITERATION',
    meaning: 'Clicks of conversions name this iteration, which does not exist; they are attributed by their time.',
    remedy: 'Ask who sends the clicks.',
  },
  ROWS_WITHOUT_KEY: {
    subject: 'TABLE',
    meaning: 'Rows of the table lack an id, or a time or strategy that they need, and are left out of everything.',
    remedy: 'Mend them where they come from.',
  },
};
