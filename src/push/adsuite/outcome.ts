import type { Sent } from '../ports.ts';
import { jsonOf, refusalOf, resultsOf } from './answers.ts';
import type { Exchange } from './exchange.ts';
import { parseHttpDate } from './http-date.ts';
import { retryAfter } from './retry-after.ts';
import type { Words } from './sanitize.ts';

/**
 * What the end of a POST means for its rows.
 *
 * @param iterationIds those of the batch.
 * @param now the wall clock, for a Retry-After date of an answer that has no date itself.
 */
export function sentOf(ended: Exchange, iterationIds: ReadonlySet<string>, words: Words, now: Date): Sent {
  if (ended.kind === 'answer' && ended.status === 200) return answered(ended, iterationIds, words);
  const trouble = troubleOf(ended, words, now);
  if (trouble.kind === 'refused') return trouble;
  // The contract says that nothing was applied where the answer is 429. A request that never left has changed nothing either.
  const mayHaveArrived = ended.kind === 'answer' ? ended.status !== 429 : ended.wasConnected;
  return trouble.kind === 'failed' ? { ...trouble, mayHaveArrived } : trouble;
}

type Answer = Extract<Exchange, { kind: 'answer' }>;

function answered({ headers, body }: Answer, iterationIds: ReadonlySet<string>, words: Words): Sent {
  const read = jsonOf(headers, body);
  const results = 'json' in read ? resultsOf(read.json, iterationIds, words) : null;
  if (results !== null && results.length > 0) return { kind: 'answered', results };
  const fault =
    'fault' in read
      ? read.fault
      : results === null
        ? 'it is not of the form of the contract'
        : 'no row of the request is in it';
  return {
    kind: 'failed',
    reason: words(`AdSuite answered 200, but ${fault}`, 500),
    retryAfterMilliseconds: null,
    mayHaveArrived: true,
  };
}

export type Trouble =
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'failed'; readonly reason: string; readonly retryAfterMilliseconds: number | null }
  | { readonly kind: 'fatal'; readonly reason: string };

/** What it means where the answer is not 200, or there is none. */
export function troubleOf(ended: Exchange, words: Words, now: Date): Trouble {
  if (ended.kind === 'no answer') {
    const reason = words(`no answer from AdSuite: ${ended.reason}`, 500);
    return ended.isImpostor ? { kind: 'fatal', reason } : { kind: 'failed', reason, retryAfterMilliseconds: null };
  }
  const { status, headers, body } = ended;
  const read = jsonOf(headers, body);
  const refusal = refusalOf(status, 'json' in read ? read.json : null, words);
  const reason = `AdSuite answered ${status} (${refusal.code}: ${refusal.message})`;
  if (status >= 300 && status < 400)
    return { kind: 'fatal', reason: `AdSuite redirects (${status}), which is not followed` };
  if ([400, 413, 422].includes(status)) return { kind: 'refused', ...refusal };
  if (status === 409 && refusal.code !== 'REQUEST_IN_PROGRESS') return { kind: 'refused', ...refusal };
  if (status >= 400 && status < 500 && ![408, 409, 425, 429].includes(status)) return { kind: 'fatal', reason };
  // By AdSuite's own clock where it tells, so that ours may be wrong.
  const date = parseHttpDate(headers.get('date') ?? '', now) ?? now;
  return { kind: 'failed', reason, retryAfterMilliseconds: retryAfter(headers.get('retry-after'), date) };
}
