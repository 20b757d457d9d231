import { maxAdsuiteIds } from '../../domain/adsuite-limits.ts';
import type { AdsuiteTransport, Clock } from '../ports.ts';
import { type Exchange, exchange } from './exchange.ts';
import { sendOutcome } from './outcome.ts';
import { type ReadBack, type ReadBackQuery, readBackOutcome } from './read-back.ts';
import { requestBody } from './request.ts';
import type { AdsuiteRequest, ObserveRequest } from './request-observer.ts';
import { createSanitizer } from './sanitize.ts';

export interface AdsuiteClientOptions {
  /** AdSuite's base URL; may have a path. */
  readonly url: string;
  readonly token: string;
  /** Time limit for one request, from connecting to the last byte of the answer. */
  readonly timeoutMilliseconds: number;
  readonly clock: Pick<Clock, 'sleep' | 'date'>;
  readonly observe?: ObserveRequest;
}

/** A client of AdSuite's HTTP API, as contracts/adsuite-metrics.openapi.yaml defines it. */
export interface AdsuiteClient extends AdsuiteTransport {
  /**
   * Reads a page of what AdSuite holds. Failures of AdSuite are returned, not thrown; the caller retries.
   *
   * @throws {RangeError} for more than `maxAdsuiteIds` ids.
   */
  readBack(query: ReadBackQuery, signal: AbortSignal): Promise<ReadBack>;
}

/** Well above the size of a page of 1000 rows. */
const maxAnswerBytes = 16_777_216;

/**
 * Creates a client without opening a connection.
 *
 * @throws {TypeError} if the URL or the token is invalid. The message never contains the token.
 */
export function createAdsuiteClient(options: AdsuiteClientOptions): AdsuiteClient {
  const { token, clock } = options;
  const address = endpoint(options.url);
  // Checked here, because fetch's own error would contain the token.
  if (!/^[\x21-\x7e]+$/.test(token)) throw new TypeError("AdSuite's token must be visible ASCII without spaces.");
  const sanitize = createSanitizer(token);
  const limits = { timeoutMilliseconds: options.timeoutMilliseconds, maxBytes: maxAnswerBytes };
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json', 'user-agent': 'attribution-api' };
  const observed = async (
    request: AdsuiteRequest,
    url: string,
    init: RequestInit & { readonly headers: Readonly<Record<string, string>> },
    signal: AbortSignal,
  ): Promise<Exchange> => {
    const observation = options.observe?.(request);
    const ended = await exchange(
      url,
      { ...init, headers: { ...observation?.headers, ...init.headers } },
      limits,
      clock,
      signal,
    );
    observation?.end(ended.kind === 'answer' ? ended.status : null);
    return ended;
  };
  return {
    async send(batch, signal) {
      const { bytes, key, fits } = requestBody(batch);
      // Not sent: a receiver that answers 413 may close the connection before its answer is read.
      if (!fits) return { kind: 'refused', code: 'TOO_LARGE', message: "The batch exceeds the contract's limits" };
      const init = {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': key },
        body: bytes,
      };
      const request = { kind: 'push', isRepeated: batch.attempts > 0, runId: batch.runId } as const;
      const ended = await observed(request, address, init, signal);
      return sendOutcome(ended, new Set(batch.rows.map(({ iterationId }) => iterationId)), sanitize, clock.date());
    },

    async readBack({ iterationIds, cursor }, signal) {
      if (iterationIds !== null && iterationIds.length > maxAdsuiteIds)
        throw new RangeError(`At most ${maxAdsuiteIds} ids.`);
      if (iterationIds?.length === 0) return { kind: 'page', metrics: [], nextCursor: null };
      const url = new URL(address);
      for (const id of iterationIds ?? []) url.searchParams.append('iterationId', id);
      if (cursor !== null) url.searchParams.set('cursor', cursor);
      const request = { kind: 'read', isRepeated: false, runId: null } as const;
      const ended = await observed(request, url.href, { method: 'GET', headers }, signal);
      return readBackOutcome(ended, cursor, sanitize, clock.date());
    },
  };
}

function endpoint(text: string): string {
  const url = URL.parse(text);
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw new TypeError("AdSuite's address must be an http:// or https:// URL.");
  if (url.username || url.password || url.search || url.hash) {
    throw new TypeError("AdSuite's address must have no user, password, query or fragment.");
  }
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/iteration-metrics`;
  return url.href;
}
