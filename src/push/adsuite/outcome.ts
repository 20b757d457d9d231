import { z } from 'zod';
import { MetricsPushAnswer, Refusal, RowOutcome } from '../../adsuite-contract.ts';
import type { Sent } from '../ports.ts';
import type { RowResult } from '../types.ts';
import type { AnswerBody, Exchange } from './exchange.ts';
import { parseHttpDate, parseRetryAfter } from './retry-after.ts';
import type { Sanitize } from './sanitize.ts';

/** Maximum lengths in a receipt. Longer texts are truncated, not rejected. */
const codeCharacters = 100;
const messageCharacters = 1000;
const reasonCharacters = 500;

// Looser than the contract: a text may be too long or null, and an invalid result does not affect the others.
const looseAnswer = MetricsPushAnswer.extend({ results: z.array(z.unknown()) });
const looseOutcome = RowOutcome.extend({ code: z.string().nullish(), message: z.string().nullish() });
const looseRefusal = Refusal.extend({ code: z.string().min(1), message: z.string() });

const states = { accepted: 'ACCEPTED', stale: 'STALE', rejected: 'REJECTED' } as const;

/**
 * The outcome of a POST for the rows of its batch.
 *
 * @param iterationIds of the batch.
 * @param now the wall clock, for a Retry-After date in an answer without a Date header.
 */
export function sendOutcome(
  exchange: Exchange,
  iterationIds: ReadonlySet<string>,
  sanitize: Sanitize,
  now: Date,
): Sent {
  if (exchange.kind === 'answer' && exchange.status === 200) return answered(exchange, iterationIds, sanitize);
  const failure = requestFailure(exchange, sanitize, now);
  if (failure.kind !== 'failed') return failure;
  // By the contract a 429 applied nothing. A request that was never sent applied nothing either.
  const mayHaveArrived = exchange.kind === 'answer' ? exchange.status !== 429 : exchange.wasConnected;
  return { ...failure, mayHaveArrived };
}

type Answer = Extract<Exchange, { kind: 'answer' }>;

function answered({ headers, body }: Answer, iterationIds: ReadonlySet<string>, sanitize: Sanitize): Sent {
  const read = parseJson(headers, body);
  const results = 'json' in read ? rowResults(read.json, iterationIds, sanitize) : null;
  if (results !== null && results.length > 0) return { kind: 'answered', results };
  const fault =
    'fault' in read
      ? read.fault
      : results === null
        ? 'the answer does not match the contract'
        : 'the answer has no row of the request';
  return { ...unusable(fault, sanitize), mayHaveArrived: true };
}

/** The failure of a request that was answered with 200, but not as the contract defines. */
export function unusable(fault: string, sanitize: Sanitize) {
  const reason = sanitize(`AdSuite answered 200, but ${fault}`, reasonCharacters);
  return { kind: 'failed', reason, retryAfterMilliseconds: null } as const;
}

/** Why a request got no 200. `refused`: its content is at fault. `failed`: retry later. `fatal`: every request would fail. */
export type RequestFailure =
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'failed'; readonly reason: string; readonly retryAfterMilliseconds: number | null }
  | { readonly kind: 'fatal'; readonly reason: string };

export function requestFailure(exchange: Exchange, sanitize: Sanitize, now: Date): RequestFailure {
  if (exchange.kind === 'no answer') {
    const reason = sanitize(`no answer from AdSuite: ${exchange.reason}`, reasonCharacters);
    return exchange.isUntrusted ? { kind: 'fatal', reason } : { kind: 'failed', reason, retryAfterMilliseconds: null };
  }
  const { status, headers } = exchange;
  const refusal = readRefusal(exchange, sanitize);
  const reason = `AdSuite answered ${status} (${refusal.code}: ${refusal.message})`;
  if (status >= 300 && status < 400) {
    return { kind: 'fatal', reason: `AdSuite redirects (${status}); redirects are not followed` };
  }
  if ([400, 413, 422].includes(status)) return { kind: 'refused', ...refusal };
  if (status === 409 && refusal.code !== 'REQUEST_IN_PROGRESS') return { kind: 'refused', ...refusal };
  if (status >= 400 && status < 500 && ![408, 409, 425, 429].includes(status)) return { kind: 'fatal', reason };
  // AdSuite's own clock, if the answer has a date: ours may be wrong.
  const date = parseHttpDate(headers.get('date') ?? '', now) ?? now;
  return { kind: 'failed', reason, retryAfterMilliseconds: parseRetryAfter(headers.get('retry-after'), date) };
}

/** The JSON of an answer, or why it has none. */
export function parseJson(headers: Headers, body: AnswerBody): { readonly json: unknown } | { readonly fault: string } {
  if ('fault' in body) return body;
  const type = headers.get('content-type');
  if (!/^application\/([\w.+-]+\+)?json *(;|$)/i.test(type ?? '')) return { fault: `its content type is ${type}` };
  try {
    return { json: JSON.parse(body.text) };
  } catch {
    return { fault: 'the body is not JSON' };
  }
}

/**
 * AdSuite's results for the rows of a batch, without results that are invalid, of another batch, or contradictory: their rows
 * count as not answered.
 *
 * @returns null if the answer is not a list of results.
 */
function rowResults(json: unknown, iterationIds: ReadonlySet<string>, sanitize: Sanitize): RowResult[] | null {
  const parsed = looseAnswer.safeParse(json);
  if (!parsed.success) return null;
  const results = new Map<string, RowResult>();
  const contradicted = new Set<string>();
  for (const item of parsed.data.results) {
    const row = looseOutcome.safeParse(item).data;
    if (!row || !iterationIds.has(row.iterationId)) continue;
    const state = states[row.status];
    if ((results.get(row.iterationId)?.state ?? state) !== state) contradicted.add(row.iterationId);
    results.set(row.iterationId, {
      iterationId: row.iterationId,
      state,
      code: row.code ? sanitize(row.code, codeCharacters) : null,
      message: row.message ? sanitize(row.message, messageCharacters) : null,
    });
  }
  return [...results.values()].filter(({ iterationId }) => !contradicted.has(iterationId));
}

/** AdSuite's reason for refusing a request; without one, the status. */
function readRefusal({ status, headers, body }: Answer, sanitize: Sanitize): Refusal {
  const read = parseJson(headers, body);
  const { data } = looseRefusal.safeParse('json' in read ? read.json : null);
  return data
    ? { code: sanitize(data.code, codeCharacters), message: sanitize(data.message, messageCharacters) }
    : { code: `HTTP_${status}`, message: 'AdSuite gave no reason' };
}
