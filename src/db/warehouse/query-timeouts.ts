/**
 * Every query that the service sends, by its stable name, with its time limit in seconds. The limits allow for a queue
 * in the warehouse, and for Redshift's compilation of a new statement shape (seconds).
 */
export const querySeconds = {
  'builds.latest': 15,
  'builds.byId': 15,
  'builds.byNumber': 15,
  'builds.page': 15,
  'builds.page.count': 15,
  'mirror.refreshes': 15,
  'quality.ofBuild': 15,
  'quality.counts': 15,
  'quality.subjects': 30,
  'quality.subjects.count': 30,
  'quality.firstSeen': 30,
  'quality.history': 30,
  'quality.history.count': 30,
  'strategies.byId': 15,
  'strategies.byOffer': 15,
  'strategies.page': 30,
  'strategies.page.count': 30,
  'campaigns.byId': 15,
  'campaigns.page': 30,
  'campaigns.page.count': 30,
  'iterations.byId': 15,
  'iterations.current': 15,
  'iterations.page': 30,
  'iterations.page.count': 30,
  'conversions.byId': 15,
  'conversions.page': 30,
  'conversions.page.count': 60,
  'history.first': 15,
  'history.states': 30,
  'history.states.count': 30,
  'history.changes': 60,
  'history.changes.count': 60,
  'history.causes': 30,
  'history.moves': 60,
  'history.iterations': 60,
  'history.causeCounts': 60,
  'history.iterationCauses': 60,
  'metrics.all': 60,
  'metrics.convertedClicks': 60,
  'metrics.page': 60,
  'metrics.count': 60,
  'clicks.perGroup': 60,
  'clicks.loadedAt': 15,
  'fixes.page': 30,
  'fixes.page.count': 30,
  'fixes.waiting': 15,
  'push.iterations': 60,
  'push.clicks': 120,
  'push.conversions': 120,
  'push.total': 120,
  'explain.conversions': 15,
  'explain.copies': 30,
  'explain.strategiesOfOffers': 15,
  'explain.strategiesWithoutOffer': 15,
  'explain.windows': 15,
  'live.events': 20,
  'live.clicks': 20,
  'live.campaigns': 20,
  'live.strategies': 20,
  'live.iterations': 20,
  'service.rights': 15,
  'snapshot.counts': 60,
  'snapshot.strategies': 60,
  'snapshot.iterations': 60,
  'snapshot.campaigns': 60,
  'snapshot.goals': 60,
  'snapshot.days': 60,
  'snapshot.iterationRows': 60,
  'snapshot.metrics': 120,
  'snapshot.clicks': 120,
} as const;

export type QueryName = keyof typeof querySeconds;

/**
 * Look-ups by key that PostgreSQL prepares: once for each session and number of keys. Planning takes half of the time of a look-up of
 * few keys, for which PostgreSQL soon chooses a generic plan. They read tables of a build only, whose columns do not change.
 */
export const preparedQueries: ReadonlySet<QueryName> = new Set([
  'conversions.byId',
  'iterations.byId',
  'strategies.byId',
]);

/** Queries by key, those that every operation needs, and others that read little. */
export const isLight = (name: QueryName): boolean => querySeconds[name] <= 15;

/** The queries that can be paged and counted. */
export type ListName =
  | 'builds.page'
  | 'strategies.page'
  | 'campaigns.page'
  | 'iterations.page'
  | 'conversions.page'
  | 'history.states'
  | 'quality.subjects'
  | 'quality.history'
  | 'fixes.page';
