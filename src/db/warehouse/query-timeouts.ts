/**
 * Every query that the service sends, by its stable name, with its time limit in seconds. The limits allow for a queue
 * in the warehouse, and for Redshift's compilation of a new statement shape (seconds).
 */
export const querySeconds = {
  'builds.latest': 15,
  'mirror.refreshes': 15,
  'quality.ofBuild': 15,
  'quality.subjects': 30,
  'quality.subjects.count': 30,
  'strategies.byId': 15,
  'strategies.byOffer': 15,
  'strategies.page': 30,
  'strategies.page.count': 30,
  'iterations.byId': 15,
  'iterations.current': 15,
  'iterations.page': 30,
  'iterations.page.count': 30,
  'conversions.byId': 15,
  'conversions.page': 30,
  'conversions.page.count': 60,
  'metrics.all': 60,
  'metrics.page': 60,
  'metrics.count': 60,
  'clicks.perGroup': 60,
  'push.iterations': 60,
  'push.clicks': 120,
  'push.conversions': 120,
  'push.total': 120,
  'service.rights': 15,
} as const;

export type QueryName = keyof typeof querySeconds;

/** The queries that can be paged and counted. */
export type ListName = 'strategies.page' | 'iterations.page' | 'conversions.page' | 'quality.subjects';
