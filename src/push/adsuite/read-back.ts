import { HeldMetricsPage } from '../../adsuite-contract.ts';
import type { Exchange } from './exchange.ts';
import { parseJson, requestFailure, unusable } from './outcome.ts';
import type { Sanitize } from './sanitize.ts';

/** What to read: only these iterations, at most 100, or all (null). `cursor`: null for the first page. */
export interface ReadBackQuery {
  readonly iterationIds: readonly string[] | null;
  readonly cursor: string | null;
}

/** Ordered by iteration id, as numbers. `nextCursor` is null on the last page. */
export interface ReadBackPage extends Readonly<HeldMetricsPage> {
  readonly kind: 'page';
}

/** A page of what AdSuite holds, or why there is none. */
export type ReadBack =
  | ReadBackPage
  /** This AdSuite does not support reading back. */
  | { readonly kind: 'not offered' }
  /** Retry later. */
  | { readonly kind: 'failed'; readonly reason: string; readonly retryAfterMilliseconds: number | null }
  /** Every request would fail. */
  | { readonly kind: 'fatal'; readonly reason: string };

/** The outcome of a GET. @param cursor the one that was sent. */
export function readBackOutcome(exchange: Exchange, cursor: string | null, sanitize: Sanitize, now: Date): ReadBack {
  if (exchange.kind === 'answer' && [404, 405, 501].includes(exchange.status)) return { kind: 'not offered' };
  if (exchange.kind !== 'answer' || exchange.status !== 200) {
    const failure = requestFailure(exchange, sanitize, now);
    if (failure.kind !== 'refused') return failure;
    return { kind: 'fatal', reason: `AdSuite refused the request to read back (${failure.code}: ${failure.message})` };
  }
  const read = parseJson(exchange.headers, exchange.body);
  if ('fault' in read) return unusable(read.fault, sanitize);
  const { data, error } = HeldMetricsPage.safeParse(read.json);
  if (error) {
    const [issue] = error.issues;
    return unusable(`the answer does not match the contract (${issue?.path.join('.')}: ${issue?.message})`, sanitize);
  }
  // Following this cursor would never end.
  if (data.nextCursor !== null && data.nextCursor === cursor) {
    return unusable('its cursor leads to the same page', sanitize);
  }
  return { kind: 'page', ...data };
}
