/**
 * Why the attribution of a conversion changed from one build to the next, by the first hop that differs, from the event to the
 * iteration (warehouse/dbt/macros/history_causes.sql). With the meaning of each, in the order of the hops.
 */
export const attributionCauses = {
  NEW: 'The conversion was not in the build before.',
  GONE: 'The conversion is no longer in the events.',
  EVENT_CORRECTED: 'Another delivery of the event changed its click id, goal, payout or times.',
  CLICK_ARRIVED: 'The click was not found before.',
  CLICK_CORRECTED: 'Another copy of the click changed its time, campaign or time of loading.',
  CLICK_LOST: 'The click is no longer found.',
  RULE_CHANGED: 'A release changed the rule of attribution.',
  EXPLICIT_ITERATION: 'The click names an iteration that it did not name before, or no longer names one.',
  CAMPAIGN_ARRIVED: "The click's campaign did not exist before.",
  CAMPAIGN_LOST: "The click's campaign no longer exists.",
  CAMPAIGN_OFFER_CHANGED: "The offer of the click's campaign was set, changed or removed.",
  STRATEGY_GONE: 'The strategy no longer exists.',
  OFFER_ASSIGNED: "The campaign's offer had no strategy before.",
  OFFER_REMOVED: "The campaign's offer no longer has a strategy.",
  OFFER_UNSHARED: "The campaign's offer had several strategies before.",
  OFFER_SHARED: "The campaign's offer now has several strategies.",
  OFFER_MOVED: "The campaign's offer now belongs to another strategy.",
  ITERATION_ADDED: 'An iteration was added that begins before the click, or ends the window that the click is in.',
  ITERATION_EDITED: "An iteration's created_at was edited.",
  ITERATION_MOVED: 'An iteration was moved to or from the strategy.',
  ITERATION_GONE: 'An iteration no longer exists.',
  CLICK_REACHED: "The click was after the build's time, and this build's time is later; or the reverse.",
  OTHER: 'None of the others.',
} as const satisfies Readonly<Record<string, string>>;

export type AttributionCauseName = keyof typeof attributionCauses;
