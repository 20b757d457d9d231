import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { RowOutcome } from '../../adsuite-contract.ts';
import { maxAdsuiteRequestBytes, maxAdsuiteRows } from '../../domain/adsuite-limits.ts';
import { type Answer, refusal } from './answer.ts';
import { parseJson } from './body.ts';
import type { RowFault } from './faults.ts';
import type { Entry, MetricsStore, RowCheck } from './metrics-store.ts';
import { readPush } from './validate.ts';

/** A push request, parsed but not validated. */
export interface PushRequest {
  readonly headers: IncomingHttpHeaders;
  /** null if it is longer than `maxAdsuiteRequestBytes`. */
  readonly body: Buffer | null;
  readonly json: unknown;
  /** Ids of its rows; empty if it has none. */
  readonly iterationIds: readonly string[];
}

export function pushRequest(headers: IncomingHttpHeaders, body: Buffer | null): PushRequest {
  const json = body && parseJson(body);
  return { headers, body, json, iterationIds: idsIn(json) };
}

/**
 * Processes a push request as the contract defines. The caller has checked the token.
 *
 * @param write makes an entry durable, before it is applied.
 * @returns the answer, and whether it repeats that of an earlier request.
 */
export function answerPush(
  { headers, body, json, iterationIds }: PushRequest,
  store: MetricsStore,
  faults: readonly RowFault[],
  write: (entry: Entry) => void,
): { readonly answer: Answer; readonly isRepeated: boolean } {
  const refuse = (status: number, code: string, message: string) => ({
    answer: refusal(status, code, message),
    isRepeated: false,
  });
  if (body === null) return refuse(413, 'TOO_LARGE', `At most ${maxAdsuiteRequestBytes} bytes.`);
  if (iterationIds.length > maxAdsuiteRows) return refuse(413, 'TOO_LARGE', `At most ${maxAdsuiteRows} rows.`);
  if (!/^application\/json *(;|$)/i.test(headers['content-type'] ?? '') || headers['content-encoding']) {
    return refuse(415, 'UNSUPPORTED_MEDIA_TYPE', 'Send application/json, not compressed.');
  }
  const key = headers['idempotency-key'];
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    return refuse(400, 'INVALID_REQUEST', 'Idempotency-Key is missing, or is not 1 to 255 visible characters');
  }
  const read = readPush(json);
  if ('fault' in read) return refuse(400, 'INVALID_REQUEST', read.fault);
  const bodyHash = createHash('sha256').update(body).digest('hex');
  const known = store.entry(key);
  if (known && known.bodyHash !== bodyHash) {
    return refuse(409, 'IDEMPOTENCY_KEY_REUSED', 'This key was used with another body.');
  }
  if (known) return { answer: answerOf(known.results, faults), isRepeated: true };
  const entry = store.decide(key, bodyHash, read.push, rowCheck(faults));
  write(entry);
  store.apply(entry);
  return { answer: answerOf(entry.results, faults), isRepeated: false };
}

function answerOf(results: readonly RowOutcome[], faults: readonly RowFault[]): Answer {
  const omits = faults.filter((fault) => fault.kind === 'omit');
  const kept = results.filter(
    ({ iterationId }, index) =>
      !omits.some(({ iterationIds }) => (iterationIds ? iterationIds.includes(iterationId) : index % 2 === 1)),
  );
  return { status: 200, body: { results: kept } };
}

function rowCheck(faults: readonly RowFault[]): RowCheck {
  return (iterationId) => {
    for (const fault of faults) {
      if (fault.kind === 'reject' && fault.iterationIds.includes(iterationId)) {
        return { code: fault.code, message: fault.message };
      }
      if (fault.kind === 'onlyKnown' && !fault.iterationIds.includes(iterationId)) {
        return { code: 'UNKNOWN_ITERATION', message: 'No such iteration.' };
      }
    }
    return null;
  };
}

function idsIn(json: unknown): string[] {
  const rows = typeof json === 'object' && json !== null && 'metrics' in json ? json.metrics : null;
  return Array.isArray(rows) ? rows.map((row) => String((row as { iterationId?: unknown } | null)?.iterationId)) : [];
}
