import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { RowOutcome } from '../../adsuite-api.ts';
import { type Answer, refusal } from './answer.ts';
import { jsonOf } from './body.ts';
import type { Book, Entry, Objection } from './book.ts';
import type { RowFault } from './faults.ts';
import { readPush } from './form.ts';

export const mostBodyBytes = 1_048_576;
const mostRows = 1000;

/** A request to push, read but not judged. */
export interface PushRequest {
  readonly headers: IncomingHttpHeaders;
  /** null: longer than is allowed. */
  readonly body: Buffer | null;
  readonly json: unknown;
  /** Those of its rows, as far as it has any. */
  readonly iterationIds: readonly string[];
}

export function pushRequest(headers: IncomingHttpHeaders, body: Buffer | null): PushRequest {
  const json = body && jsonOf(body);
  return { headers, body, json, iterationIds: idsIn(json) };
}

/**
 * Works a request to push through, as the contract says; the token was checked before.
 *
 * @param write makes an entry durable, before it is taken in.
 * @returns the answer, and whether it is that of an earlier request.
 */
export function answerPush(
  { headers, body, json, iterationIds }: PushRequest,
  book: Book,
  faults: readonly RowFault[],
  write: (entry: Entry) => void,
): { readonly answer: Answer; readonly isRepeated: boolean } {
  const refuse = (status: number, code: string, message: string) => ({
    answer: refusal(status, code, message),
    isRepeated: false,
  });
  if (body === null) return refuse(413, 'TOO_LARGE', `At most ${mostBodyBytes} bytes.`);
  if (iterationIds.length > mostRows) return refuse(413, 'TOO_LARGE', `At most ${mostRows} rows.`);
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
  const known = book.entry(key);
  if (known && known.bodyHash !== bodyHash) {
    return refuse(409, 'IDEMPOTENCY_KEY_REUSED', 'This key was used with another body.');
  }
  if (known) return { answer: answerOf(known.results, faults), isRepeated: true };
  const entry = book.decide(key, bodyHash, read.push, objectionOf(faults));
  write(entry);
  book.take(entry);
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

function objectionOf(faults: readonly RowFault[]): Objection {
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
