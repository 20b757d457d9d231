/** What is to be fixed in one of the sources. */
export type FixSubject = 'CAMPAIGN' | 'OFFER' | 'STRATEGY' | 'GOAL';

interface Fix {
  /** The status of the conversions that wait for it. */
  readonly status: string;
  /** What the subject is; null if the fix has none. */
  readonly subject: FixSubject | null;
  /** For the schema. */
  readonly meaning: string;
  /** What to do, as a sentence for display. The subject is null for a goal if the events have none. */
  readonly sentence: (subject: string | null) => string;
}

/** What to fix so that unattributed conversions are attributed. The names are those of warehouse/dbt/macros/fixes.sql. */
export const fixes = {
  SEND_CLICK_ID: {
    status: 'NO_CLICK_ID',
    subject: 'GOAL',
    meaning: 'The events of this goal have no click id: make their source send it.',
    sentence: (goal) =>
      `Make the source of ${goal === null ? 'events without a goal' : `goal ${goal}`} send the click id.`,
  },
  LOAD_MISSING_CLICKS: {
    status: 'CLICK_NOT_FOUND',
    subject: null,
    meaning: 'The clicks that events name are missing: load them. They may still arrive.',
    sentence: () => 'Load the clicks that these events name into adgem.clicks.',
  },
  SEND_CAMPAIGN_ID: {
    status: 'CAMPAIGN_NOT_FOUND',
    subject: null,
    meaning: 'The clicks have no campaign id: load copies of them that have it.',
    sentence: () => 'Load these clicks with the id of their campaign.',
  },
  ADD_CAMPAIGN_TO_ADGEM: {
    status: 'CAMPAIGN_NOT_FOUND',
    subject: 'CAMPAIGN',
    meaning: 'AdGem does not list this campaign of the clicks: add it.',
    sentence: (campaign) => `Add campaign ${campaign} to AdGem's campaigns, or correct the campaign of these clicks.`,
  },
  ASSIGN_OFFER_TO_CAMPAIGN: {
    status: 'CAMPAIGN_WITHOUT_OFFER',
    subject: 'CAMPAIGN',
    meaning: 'This campaign has no offer: set its adaction_id in AdGem.',
    sentence: (campaign) => `Set the offer (adaction_id) of campaign ${campaign} in AdGem.`,
  },
  ASSIGN_STRATEGY_TO_OFFER: {
    status: 'STRATEGY_NOT_FOUND',
    subject: 'OFFER',
    meaning: 'No strategy has this offer: set the tune_offer_id of its strategy in AdSuite.',
    sentence: (offer) => `Set tune_offer_id ${offer} in the strategy of this offer in AdSuite.`,
  },
  SEPARATE_SHARED_OFFER: {
    status: 'SHARED_OFFER',
    subject: 'OFFER',
    meaning: 'Several strategies have this offer: leave it to one of them in AdSuite.',
    sentence: (offer) => `Let only one strategy in AdSuite have tune_offer_id ${offer}.`,
  },
  ADD_ITERATION_TO_STRATEGY: {
    status: 'NO_ITERATIONS',
    subject: 'STRATEGY',
    meaning: 'This strategy has no iterations: add one in AdSuite that begins before the clicks.',
    sentence: (strategy) => `Add an iteration to strategy ${strategy} in AdSuite that begins before these clicks.`,
  },
  CHECK_FIRST_ITERATION: {
    status: 'BEFORE_FIRST_ITERATION',
    subject: 'STRATEGY',
    meaning:
      "The clicks happened before this strategy's first iteration began: check whether an earlier one is missing.",
    sentence: (strategy) => `Check whether strategy ${strategy} lacks an iteration that was live before its first one.`,
  },
  WAIT_FOR_NEXT_BUILD: {
    status: 'CLICK_AFTER_BUILD',
    subject: null,
    meaning:
      'The clicks happened at or after the `asOf` of the build. A build whose `asOf` is after the click attributes it: the next one, ' +
      'unless the time of the click is wrong and in the future.',
    sentence: () =>
      'Wait for the next build. Conversions that still wait then have clicks in the future: load copies of these clicks with the right ' +
      'time into adgem.clicks.',
  },
} as const satisfies Readonly<Record<string, Fix>>;

export type FixName = keyof typeof fixes;

/** The kinds of subjects for which several conversions wait together. */
export type SharedSubject = Exclude<FixSubject, 'GOAL'>;

/**
 * The id of the entry in the work list (unattributed_fixes) for which a conversion waits.
 *
 * @param subjects the ids of the conversion's campaign, offer and strategy.
 * @returns null if it does not wait for a campaign, an offer or a strategy.
 */
export function sharedFixId(status: string, subjects: Readonly<Record<SharedSubject, string | null>>): string | null {
  for (const [name, { status: own, subject }] of Object.entries<Fix>(fixes)) {
    if (own !== status || subject === null || subject === 'GOAL') continue;
    const id = subjects[subject];
    if (id !== null) return `${name}:${id}`;
  }
  return null;
}
