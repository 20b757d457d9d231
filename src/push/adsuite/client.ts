import type { AdsuiteTransport, Clock } from '../ports.ts';
import { exchange } from './exchange.ts';
import { sentOf } from './outcome.ts';
import { type ReadBack, readBackOf } from './read-back.ts';
import { requestBody } from './request.ts';
import { sanitize } from './sanitize.ts';

export interface AdsuiteClientOptions {
  /** Where AdSuite is; may end with a path. */
  readonly url: string;
  readonly token: string;
  /** For one request, from connecting to the last byte of the answer. */
  readonly timeoutMilliseconds: number;
  readonly clock: Pick<Clock, 'sleep' | 'date'>;
}

/** AdSuite over HTTP, by contracts/adsuite-metrics.openapi.yaml. */
export interface AdsuiteClient extends AdsuiteTransport {
  /**
   * Reads a page of what AdSuite holds. Never rejects for AdSuite's sake; repeating a page that failed is the caller's.
   *
   * @param query `iterationIds`: only these, at most 100; null: all. `cursor`: null for the first page.
   * @throws {RangeError} for more ids.
   */
  readBack(
    query: { readonly iterationIds: readonly string[] | null; readonly cursor: string | null },
    signal: AbortSignal,
  ): Promise<ReadBack>;
}

/** More than a page of 1000 rows has, unless AdSuite is out of its mind. */
const mostAnswerBytes = 16_777_216;
const mostIds = 100;

/**
 * Opens no connection yet.
 *
 * @throws {TypeError} where no request could be made of address or token; never quotes the token.
 */
export function createAdsuiteClient(options: AdsuiteClientOptions): AdsuiteClient {
  const { token, clock } = options;
  const address = endpoint(options.url);
  // fetch would quote a token that does not fit in a header.
  if (!/^[\x21-\x7e]+$/.test(token)) throw new TypeError("AdSuite's token must be visible ASCII without spaces.");
  const words = sanitize(token);
  const limits = { timeoutMilliseconds: options.timeoutMilliseconds, mostBytes: mostAnswerBytes };
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json', 'user-agent': 'attribution-api' };
  return {
    async send(batch, signal) {
      const { bytes, key, fits } = requestBody(batch);
      // A receiver that answers 413 may hang up before the answer is read.
      if (!fits) return { kind: 'refused', code: 'TOO_LARGE', message: 'The contract has no room for so much at once' };
      const init = {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': key },
        body: bytes,
      };
      const ended = await exchange(address, init, limits, clock, signal);
      return sentOf(ended, new Set(batch.rows.map(({ iterationId }) => iterationId)), words, clock.date());
    },

    async readBack({ iterationIds, cursor }, signal) {
      if (iterationIds !== null && iterationIds.length > mostIds) throw new RangeError(`At most ${mostIds} ids.`);
      if (iterationIds?.length === 0) return { kind: 'page', metrics: [], nextCursor: null };
      const url = new URL(address);
      for (const id of iterationIds ?? []) url.searchParams.append('iterationId', id);
      if (cursor !== null) url.searchParams.set('cursor', cursor);
      const ended = await exchange(url.href, { method: 'GET', headers }, limits, clock, signal);
      return readBackOf(ended, cursor, words, clock.date());
    },
  };
}

function endpoint(text: string): string {
  const url = URL.parse(text);
  if (!url || !['http:', 'https:'].includes(url.protocol)) throw new TypeError("AdSuite's address is no URL of HTTP.");
  if (url.username || url.password || url.search || url.hash) {
    throw new TypeError("AdSuite's address must have no user, password, query or fragment.");
  }
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/iteration-metrics`;
  return url.href;
}
